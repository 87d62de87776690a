const NUMBER = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** A double keeps as many digits of any number that has no exponent. */
const SAFE_DIGITS = 15;

/** Whether a number as JSON writes it is the same one after it was read as a double and written again. */
export function isExactNumber(text: string): boolean {
  if (text.length <= SAFE_DIGITS && !/[eE]/.test(text)) return true;
  const read = Number(text);
  if (read === 0) return !/^[^eE]*[1-9]/.test(text);
  return Number.isNaN(read) || (Number.isFinite(read) && valueOf(text) === valueOf(String(read)));
}

/** Another text for each number but 0, however it is written; its sign aside, which reading keeps. */
function valueOf(text: string): string {
  const [, whole = '', fraction = '', exponent = '0'] = NUMBER.exec(text) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  let end = digits.length;
  // An expression for what stands at the end would begin anew at each of the zeros in between.
  while (digits[end - 1] === '0') end--;
  return `${digits.slice(0, end)}e${Number(exponent) + digits.length - end - fraction.length}`;
}
