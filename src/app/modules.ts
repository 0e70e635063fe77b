import type { DynamicModule, Type } from '@nestjs/common';
import { ReadModule } from '../../projections/read.module.js';
import type { AppConfig } from '../config/config.js';
import { WRITE_CONTROLLERS } from '../write/controllers.js';
import { WriteModule } from '../write/write.module.js';
import type { ReadSide } from './read-side.js';

/** The modules that the roles of this process need. */
export function modulesOf(config: AppConfig, readSide: ReadSide): readonly (DynamicModule | Type)[] {
  if (!config.roles.includes('api')) return [];
  return [{ module: WriteModule, controllers: WRITE_CONTROLLERS }, ReadModule.with(readSide)];
}
