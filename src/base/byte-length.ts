const utf8 = new TextEncoder();

/** How many bytes a text has as UTF-8. Short-lived programs have it instead of Buffer, which loads more. */
export function byteLength(text: string): number {
  return utf8.encode(text).length;
}
