import { Controller, Get, Inject, Param, Res } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { DescribeQuery } from '../../../edges/http/api-docs.js';
import { POSITION_HEADER } from '../../../edges/http/command-answer.js';
import { CurrentPrincipal } from '../../../edges/http/principal.js';
import { notThere } from '../../../edges/http/problem.js';
import { PathId } from '../../../edges/http/validation.js';
import type { Principal } from '../../../kernel/principal.js';
import { EXAMPLE_HOLD, Hold, holdHeaders } from '../hold.http.js';
import { ReadHoldQuery } from './read-hold.query.js';

@ApiTags('holds')
@Controller('v1/holds')
export class ReadHoldController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Get(':holdId')
  @DescribeQuery({
    summary: 'Read a hold',
    description: 'Read from the log itself: always current, also while the read models are down.',
    answers: [
      {
        status: 200,
        description: 'The hold as it stands.',
        type: Hold,
        example: EXAMPLE_HOLD,
        headers: { ETag: 'The revision of the hold.', 'Ledger-Position': 'The position it is valid at.' },
      },
    ],
    problems: ['hold-must-exist', 'event-store-is-unavailable'],
  })
  @ApiParam({ name: 'holdId', format: 'uuid', example: EXAMPLE_HOLD.holdId })
  async read(
    @CurrentPrincipal() principal: Principal,
    @Param('holdId', new PathId('hold-must-exist')) holdId: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Hold> {
    const found = await this.queries.execute(new ReadHoldQuery(principal, holdId));
    if (found === null) throw notThere('hold-must-exist');
    const { hold, position } = found;
    void reply.headers({ ...holdHeaders(hold), [POSITION_HEADER]: position });
    return { ...hold, position };
  }
}
