import type { DynamicModule, Type } from '@nestjs/common';
import { ReadModule } from '../../projections/read.module.js';
import type { Role } from '../config/settings.js';
import { WRITE_CONTROLLERS } from '../write/controllers.js';
import { WriteModule } from '../write/write.module.js';
import type { ReadSide } from './read-side.js';

/** The modules that the roles of a process need. Only the api role answers commands and queries. */
export function modulesOf(roles: readonly Role[], readSide: ReadSide): readonly (DynamicModule | Type)[] {
  if (roles.includes('api')) {
    return [{ module: WriteModule, controllers: [...WRITE_CONTROLLERS] }, ReadModule.with(readSide)];
  }
  return roles.includes('settler') ? [WriteModule] : [];
}
