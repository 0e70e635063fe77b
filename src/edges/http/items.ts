import { ValidateBy } from 'class-validator';

/**
 * No item of a list is itself a list: nested validation would look into it and let it pass for an object.
 *
 * @param message what an item is, as a sentence
 */
export function ItemsAreObjects(message: string): PropertyDecorator {
  return ValidateBy(
    {
      name: 'itemsAreObjects',
      validator: { validate: (items: unknown) => !Array.isArray(items) || !items.some(Array.isArray) },
    },
    { message },
  );
}
