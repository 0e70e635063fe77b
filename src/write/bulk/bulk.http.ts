import { Controller, createParamDecorator, HttpCode, Inject, Logger, Post, Res } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiExtraModels, ApiResponse, ApiTags, getSchemaPath } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import { limits } from '../../config/limits.js';
import { isStoreAway } from '../../edges/event-store/event-store.js';
import { DescribeBulk } from '../../edges/http/api-docs.js';
import { parseJson } from '../../edges/http/json-body.js';
import { LINES_CONTENT_TYPE, linesOf, TakesList, type Line } from '../../edges/http/list-body.js';
import { principalOf } from '../../edges/http/principal.js';
import { Problem } from '../../edges/http/problem.js';
import { correlationIdOf, pathOf } from '../../edges/http/request-context.js';
import { BulkAnswer, BulkItemBody, BulkResult, EXAMPLE_ITEMS, EXAMPLE_RESULTS } from './bulk-item.http.js';
import { CarryOut, tooManyRequests, type BulkCaller } from './carry-out.js';
import { Places } from './places.js';

const COUNT_SENTENCE = `A bulk request has at most ${limits.bulkCommandsMax} commands.`;

const toLines = (values: readonly object[]): string =>
  values.map((value) => `${JSON.stringify(value)}\n`).join('');

/** Hands a controller method the request: its body is read here, not by a class. */
const WholeRequest = createParamDecorator((_: unknown, context: ExecutionContext): FastifyRequest =>
  context.switchToHttp().getRequest<FastifyRequest>(),
);

@ApiTags('transactions')
@ApiExtraModels(BulkItemBody, BulkAnswer, BulkResult)
@Controller('v1/transactions')
export class BulkController {
  private readonly logger = new Logger(BulkController.name);
  private readonly places = new Places(limits.bulkRequestsAtOnceMax);

  constructor(@Inject(CommandBus) private readonly commands: CommandBus) {}

  @Post('bulk')
  @HttpCode(200)
  @TakesList()
  @DescribeBulk({
    summary: `Send up to ${limits.bulkCommandsMax} commands in one request`,
    description:
      'Each has its own idempotency key and stands alone: one that is refused does not stop the others, and they are carried out side by side, not one after the other. The results are in the order of the commands. A JSON array is answered whole; lines of JSON are answered with a line each, as they are done. The request itself takes no key: send it again whole, or only what was not answered.',
    requestBody: {
      required: true,
      content: {
        'application/json': {
          schema: {
            type: 'array',
            items: { $ref: getSchemaPath(BulkItemBody) },
            maxItems: limits.bulkCommandsMax,
          },
          examples: { two: { summary: 'A transfer and a hold', value: EXAMPLE_ITEMS } },
        },
        [LINES_CONTENT_TYPE]: {
          schema: { type: 'string', description: 'One command a line.' },
          examples: { two: { summary: 'A transfer and a hold', value: toLines(EXAMPLE_ITEMS) } },
        },
      },
    },
  })
  @ApiResponse({
    status: 200,
    description: 'What each command came to.',
    content: {
      'application/json': {
        schema: { $ref: getSchemaPath(BulkAnswer) },
        examples: { BulkAnswer: { summary: 'One posted, one refused', value: { results: EXAMPLE_RESULTS } } },
      },
      [LINES_CONTENT_TYPE]: {
        schema: { type: 'string', description: 'One `BulkResult` a line, in the order of the commands.' },
        examples: { lines: { summary: 'One posted, one refused', value: toLines(EXAMPLE_RESULTS) } },
      },
    },
  })
  async post(@WholeRequest() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    if (this.places.areTaken) throw tooManyRequests();
    const carryOut = this.carryOutFor(request);
    const { body } = request;
    if (Array.isArray(body)) {
      void reply.send({ results: await whole(body, carryOut) } satisfies BulkAnswer);
    } else if (body instanceof Readable) {
      await byLine(body, carryOut, reply);
    } else {
      throw new Problem('content-type-must-be-json', {
        detail: `Send a JSON array as application/json, or lines of JSON as ${LINES_CONTENT_TYPE}.`,
      });
    }
  }

  private carryOutFor(request: FastifyRequest): CarryOut {
    const caller: BulkCaller = {
      context: {
        principal: principalOf(request),
        requestId: request.id,
        correlationId: correlationIdOf(request),
      },
      instance: pathOf(request.url),
      onFailure: (problem) => {
        if (problem.status === 500) this.logger.error(problem.cause ?? problem);
        else if (!isStoreAway(problem.cause)) this.logger.warn(`${problem.code}: ${problem.message}`);
      },
    };
    return new CarryOut(this.commands, caller, this.places);
  }
}

async function whole(items: readonly unknown[], carryOut: CarryOut): Promise<BulkResult[]> {
  if (items.length > limits.bulkCommandsMax) {
    throw new Problem('request-must-be-valid', {
      errors: [{ pointer: '', rule: 'arrayMaxSize', detail: COUNT_SENTENCE }],
      detail: COUNT_SENTENCE,
    });
  }
  return Promise.all(items.map((item, index) => carryOut.item(index, item)));
}

/**
 * Carries out commands as their lines arrive, and answers each as soon as those before it are answered. The lines are read
 * whether or not the client reads the answer yet, so that one that first writes everything does not wait for ever.
 */
async function byLine(lines: Readable, carryOut: CarryOut, reply: FastifyReply): Promise<void> {
  const answer = new Readable({ read: () => undefined });
  void reply.type(`${LINES_CONTENT_TYPE}; charset=utf-8`).send(answer);
  let written = Promise.resolve();
  const write = (result: Promise<BulkResult>): void => {
    written = Promise.all([result, written]).then(([done]) => {
      if (!answer.destroyed) answer.push(`${JSON.stringify(done)}\n`);
    });
  };
  try {
    let index = 0;
    for await (const line of linesOf(lines)) {
      if (answer.destroyed) break;
      const isOver = line.kind === 'too-much' || index >= limits.bulkCommandsMax;
      write(isOver ? Promise.resolve(overLimit(carryOut, index, line)) : ofLine(carryOut, index, line));
      if (isOver) break;
      index += 1;
    }
    // What is left of the request is let pass: its connection carries the answer.
    lines.resume();
    await written;
    answer.push(null);
  } catch (error) {
    // The client is gone, in the middle of a line: what was whole is carried out all the same.
    await written;
    answer.destroy(error instanceof Error ? error : undefined);
  }
}

function ofLine(carryOut: CarryOut, index: number, line: Line): Promise<BulkResult> {
  if (line.kind !== 'line') {
    const detail = `A line has at most ${limits.bulkLineBytesMax} bytes.`;
    return Promise.resolve(carryOut.refused(index, null, new Problem('body-must-be-smaller', { detail })));
  }
  let item: unknown;
  try {
    item = parseJson(line.bytes);
  } catch (error) {
    return Promise.resolve(carryOut.refused(index, null, error));
  }
  return carryOut.item(index, item);
}

/** The result that ends an answer before its request ends: this command and those after it were not looked at. */
function overLimit(carryOut: CarryOut, index: number, line: Line): BulkResult {
  const detail =
    line.kind === 'too-much'
      ? `All lines together have at most ${limits.bulkStreamBytesMax} bytes: nothing from here on was carried out.`
      : `${COUNT_SENTENCE} Nothing from here on was carried out.`;
  return carryOut.refused(index, null, new Problem('body-must-be-smaller', { detail }));
}
