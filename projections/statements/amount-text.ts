/**
 * Writes minor units as a decimal number, exactly: 1050 with two digits after the point is `10.50`.
 *
 * @param exponent digits after the decimal point of the currency; 0 for none
 */
export function toDecimal(minor: bigint, exponent: number): string {
  const digits = (minor < 0n ? -minor : minor).toString().padStart(exponent + 1, '0');
  const sign = minor < 0n ? '-' : '';
  if (exponent === 0) return `${sign}${digits}`;
  return `${sign}${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}
