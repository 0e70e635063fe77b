/** The conditions of a query, each with its parameter, in the order they were added. */
export class Conditions {
  private readonly texts: string[] = [];

  constructor(readonly values: unknown[] = []) {}

  /** Other conditions of the same statement, which stand elsewhere in it: their values are counted together. */
  apart(): Conditions {
    return new Conditions(this.values);
  }

  /**
   * Adds a condition, unless its value is null: then the caller did not ask for it.
   *
   * @param text SQL whose last `?` is in the place of the value; never anything a client sent
   */
  and(text: string, value: unknown): this {
    if (value !== null) this.texts.push(text.replace(/\?(?=[^?]*$)/, this.parameter(value)));
    return this;
  }

  /** Adds a value that stands elsewhere in the statement. @returns its placeholder */
  parameter(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }

  /** The conditions joined. */
  get text(): string {
    return this.texts.length === 0 ? 'true' : this.texts.join(' and ');
  }
}
