type Schema = Readonly<Record<string, unknown>>;

/**
 * Checks a value against the part of JSON Schema that our OpenAPI document uses. Strict: a property that the schema
 * does not name is a fault, so that an example can't show what is not documented.
 *
 * @returns each fault with its place; empty when the value fits
 */
export function schemaFaults(root: Schema, schema: Schema, value: unknown, place = ''): string[] {
  if (typeof schema['$ref'] === 'string')
    return schemaFaults(root, resolveRef(root, schema['$ref']), value, place);
  for (const keyword of ['oneOf', 'anyOf'] as const) {
    const choices = schema[keyword] as Schema[] | undefined;
    if (choices === undefined) continue;
    const faults = choices.map((choice) => schemaFaults(root, choice, value, place));
    return faults.some((each) => each.length === 0) ? [] : faults.flat();
  }
  if (Array.isArray(schema['allOf'])) {
    return (schema['allOf'] as Schema[]).flatMap((each) => schemaFaults(root, each, value, place));
  }
  const types = [schema['type']].flat().filter((type) => type !== undefined);
  if (types.length > 0 && !types.some((type) => hasType(value, type))) {
    return [
      `${place} is ${JSON.stringify(value)}, not ${types.map((type) => JSON.stringify(type)).join(' or ')}`,
    ];
  }
  if (value === null) return [];
  const faults: string[] = [];
  if (Array.isArray(schema['enum']) && !schema['enum'].includes(value))
    faults.push(`${place} is not of the enum`);
  if (typeof value === 'string') {
    if (typeof schema['pattern'] === 'string' && !new RegExp(schema['pattern']).test(value)) {
      faults.push(`${place} does not match ${schema['pattern']}`);
    }
    if (typeof schema['maxLength'] === 'number' && value.length > schema['maxLength']) {
      faults.push(`${place} is too long`);
    }
  }
  if (Array.isArray(value)) {
    return value.flatMap((item, index) =>
      schemaFaults(root, (schema['items'] ?? {}) as Schema, item, `${place}/${index}`),
    );
  }
  return typeof value === 'object' ? [...faults, ...objectFaults(root, schema, value, place)] : faults;
}

/** Follows a `#/…` reference. */
export function resolveRef(root: Schema, ref: string): Schema {
  const found = ref
    .slice(2)
    .split('/')
    .reduce<unknown>((at, part) => (at as Schema | undefined)?.[part], root);
  if (typeof found !== 'object' || found === null) throw new Error(`${ref} leads nowhere.`);
  return found as Schema;
}

function objectFaults(root: Schema, schema: Schema, value: object, place: string): string[] {
  const properties = (schema['properties'] ?? {}) as Record<string, Schema>;
  const others = schema['additionalProperties'];
  const missing = ((schema['required'] ?? []) as string[])
    .filter((name) => !Object.hasOwn(value, name))
    .map((name) => `${place}/${name} is missing`);
  const wrong = Object.entries(value).flatMap(([name, child]) => {
    const known =
      properties[name] ??
      (others === true ? {} : typeof others === 'object' ? (others as Schema) : undefined);
    return known === undefined
      ? [`${place}/${name} is not documented`]
      : schemaFaults(root, known, child, `${place}/${name}`);
  });
  return [...missing, ...wrong];
}

function hasType(value: unknown, type: unknown): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'integer':
      return Number.isSafeInteger(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    default:
      return typeof value === type;
  }
}
