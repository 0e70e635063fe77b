import type { LoggerService } from '@nestjs/common';
import { pino, type DestinationStream, type Logger as Pino } from 'pino';
import type { LogLevel } from '../config/settings.js';

/** Never written to a log: what proves an identity, and the key that would let a reader replay a command. */
const REDACTED_HEADERS = ['authorization', 'cookie', 'set-cookie', 'idempotency-key', 'proxy-authorization'];

const REDACTED_PATHS = REDACTED_HEADERS.flatMap((header) => [
  `["${header}"]`,
  `headers["${header}"]`,
  `req.headers["${header}"]`,
  `request.headers["${header}"]`,
]);

/** What Nest tells about every module and route is of interest only when something is wrong with them. */
const FRAMEWORK_CONTEXTS = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
]);

/** Structured facts of one log line. Never bodies: they hold other people's money. */
export type LogFields = Readonly<Record<string, unknown>>;

/**
 * The process's log: one JSON object a line on standard output, with `time` (RFC 3339), `level`, `msg`.
 * Also Nest's logger, so that the framework's lines look the same.
 */
export class AppLogger implements LoggerService {
  private readonly pino: Pino;

  /** @param destination where lines go; standard output when absent */
  constructor(level: LogLevel | 'silent', destination?: DestinationStream) {
    this.pino = pino(
      {
        level,
        base: null,
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }) },
        redact: { paths: REDACTED_PATHS, censor: '[redacted]' },
        serializers: { err: pino.stdSerializers.err },
      },
      destination ?? pino.destination({ fd: 1, sync: true }),
    );
  }

  /** Writes one line with facts; `err` among them is written with its stack. */
  write(level: LogLevel, fields: LogFields, sentence: string): void {
    this.pino[level](fields, sentence);
  }

  /** One sentence for the operator. */
  info(sentence: string): void {
    this.pino.info(sentence);
  }

  log(message: unknown, ...rest: unknown[]): void {
    const context = rest.at(-1);
    const isFramework = typeof context === 'string' && FRAMEWORK_CONTEXTS.has(context);
    this.nest(isFramework ? 'debug' : 'info', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.nest('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.nest('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.nest('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.nest('trace', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.nest('fatal', message, rest);
  }

  /** Nest passes the stack (if any) and the context as trailing texts. */
  private nest(level: LogLevel, message: unknown, rest: readonly unknown[]): void {
    const context = rest.at(-1);
    const stack = rest.length > 1 ? rest[0] : undefined;
    const fields = {
      ...(typeof context === 'string' ? { context } : {}),
      ...(typeof stack === 'string' ? { stack } : {}),
    };
    if (message instanceof Error) this.pino[level]({ ...fields, err: message }, message.message);
    else this.pino[level](fields, typeof message === 'string' ? message : JSON.stringify(message));
  }
}
