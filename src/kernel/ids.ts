/** Where ids come from that name one execution rather than one fact: attempts and claims. Handed in, so that a run can be repeated. */
export interface IdSource {
  /** A UUID never given before. */
  newId(): string;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Whether a text is a UUID in lower-case hyphenated form. */
export function isUuid(text: unknown): text is string {
  return typeof text === 'string' && UUID.test(text);
}
