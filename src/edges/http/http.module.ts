import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import type { AppLogger } from '../../observability/logger.js';
import { CommandGuard } from './command-guard.js';
import { DocsController } from './docs.http.js';
import { ApiDocument } from './openapi.js';
import { HealthProbe, OperationsController } from './operations.http.js';
import { Authenticator, PrincipalGuard } from './principal.js';
import { ProblemFilter } from './problem-filter.js';
import { StrictValidationPipe } from './validation.js';

/** What the HTTP edge needs from the process it serves. */
export interface HttpEdgeParts {
  readonly logger: AppLogger;
  readonly authenticator: Authenticator;
  readonly probe: HealthProbe;
}

/** The shared machinery of every route: who asks, strict input, problems, health and documentation. */
@Module({})
export class HttpModule {
  static with(parts: HttpEdgeParts): DynamicModule {
    return {
      module: HttpModule,
      controllers: [OperationsController, DocsController],
      providers: [
        ApiDocument,
        { provide: Authenticator, useValue: parts.authenticator },
        { provide: HealthProbe, useValue: parts.probe },
        { provide: APP_GUARD, useClass: PrincipalGuard },
        { provide: APP_GUARD, useClass: CommandGuard },
        { provide: APP_PIPE, useClass: StrictValidationPipe },
        { provide: APP_FILTER, useValue: new ProblemFilter(parts.logger) },
      ],
    };
  }
}
