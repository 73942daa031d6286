/** A line of resolv.conf(5): its keyword and what follows. */
export interface ResolvConfLine {
  readonly keyword: string;
  readonly values: readonly string[];
}

/** Reads the lines of resolv.conf(5), without comments and empty ones. Which of several lines counts depends on the reader. */
export function readResolvConf(text: string): readonly ResolvConfLine[] {
  return text.split("\n").flatMap((line) => {
    const [keyword = "", ...values] = line.trim().split(/\s+/);
    return keyword === "" || /^[#;]/.test(keyword) ? [] : [{ keyword, values }];
  });
}
