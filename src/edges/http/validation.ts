import { Injectable, ValidationPipe, type ArgumentMetadata, type PipeTransform } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { limits } from '../../config/limits.js';
import { assert } from '../../kernel/assert.js';
import { COUNTER_NAME_SENTENCE, isCounterName, isId, metadataFault } from './fields.js';
import { escapePointer } from './json-body.js';
import { notThere, Problem, type PathRefusal, type ProblemError } from './problem.js';

/**
 * Holds every body and query to its DTO: unknown fields are refused, nothing is converted silently, and each broken
 * rule is answered with a pointer to its field (`/legs/0/amount`, `#query/pageSize`).
 */
@Injectable()
export class StrictValidationPipe extends ValidationPipe {
  constructor() {
    super({
      transform: true,
      whitelist: true,
      forbidNonWhitelisted: true,
      forbidUnknownValues: true,
      stopAtFirstError: true,
      exceptionFactory: (errors) => new BrokenRules(errors),
    });
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    try {
      return (await super.transform(value, metadata)) as unknown;
    } catch (thrown) {
      if (!(thrown instanceof BrokenRules)) throw thrown;
      throw problemOf(thrown.errors, metadata.type === 'body' ? '' : `#${metadata.type}`);
    }
  }
}

/** What the base class throws, until the place of the broken rules is known. */
class BrokenRules extends Error {
  constructor(readonly errors: readonly ValidationError[]) {
    super('The request breaks a rule of its schema.');
  }
}

/** Reads an id from a path: what is no UUID names nothing, so it is simply not there. */
export class PathId implements PipeTransform<string, string> {
  constructor(private readonly code: PathRefusal) {}

  transform(value: string): string {
    if (!isId(value)) throw notThere(this.code);
    return value.toLowerCase();
  }
}

/** Reads the name of a counter from a path that says what it is to be called. */
export class PathCounterName implements PipeTransform<string, string> {
  transform(value: string): string {
    if (isCounterName(value)) return value;
    const error = { pointer: '#path/counter', rule: 'isCounterName', detail: COUNTER_NAME_SENTENCE };
    throw new Problem('request-must-be-valid', {
      errors: [error],
      detail: `${error.pointer}: ${error.detail}`,
    });
  }
}

function problemOf(broken: readonly ValidationError[], place: string): Problem {
  const errors = [...flatten(broken, place)].slice(0, limits.problemErrorsMax);
  const first = errors[0];
  assert(first !== undefined, 'A refused request breaks at least one rule.');
  return new Problem('request-must-be-valid', { errors, detail: `${first.pointer}: ${first.detail}` });
}

function* flatten(errors: readonly ValidationError[], parent: string): Generator<ProblemError> {
  for (const error of errors) {
    const pointer = `${parent}/${escapePointer(error.property)}`;
    for (const [rule, detail] of Object.entries(error.constraints ?? {}))
      yield explain(error, pointer, rule, detail);
    yield* flatten(error.children ?? [], pointer);
  }
}

function explain(error: ValidationError, pointer: string, rule: string, detail: string): ProblemError {
  if (rule === 'whitelistValidation') {
    return { pointer, rule: 'isKnown', detail: 'This field is not known here.' };
  }
  if (error.value === undefined)
    return { pointer, rule: 'isPresent', detail: `This field is required. ${detail}` };
  if (rule === 'nestedValidation') return { pointer, rule: 'isObject', detail: 'This is an object.' };
  if (rule === 'isMetadata') {
    const key = metadataFault(error.value);
    return { pointer: key ? `${pointer}/${escapePointer(key)}` : pointer, rule, detail };
  }
  return { pointer, rule, detail };
}
