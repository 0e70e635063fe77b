/** Injection tokens of the ports that are interfaces. */
export const CLOCK = Symbol('Clock');
export const ID_SOURCE = Symbol('IdSource');
export const WRITE_METRICS = Symbol('WriteMetrics');
