import { Global, Module, type DynamicModule, type Provider, type Type } from '@nestjs/common';

/** What the process consists of, put together by who starts it. */
export interface AppParts {
  /** Ports every module may inject. */
  readonly ports: readonly (Exclude<Provider, Type> & {
    readonly provide: string | symbol | Type | object;
  })[];
  readonly modules: readonly (DynamicModule | Type)[];
}

/** Hands the ports to every module. */
@Global()
@Module({})
class PortsModule {}

/** The root: ports, and the modules the asked roles need. It decides nothing. */
@Module({})
export class AppModule {
  static of({ ports, modules }: AppParts): DynamicModule {
    const portsModule: DynamicModule = {
      module: PortsModule,
      global: true,
      providers: [...ports],
      exports: ports.map(({ provide }) => provide as symbol),
    };
    return { module: AppModule, imports: [portsModule, ...modules] };
  }
}
