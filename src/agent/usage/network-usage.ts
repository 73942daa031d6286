/** What has gone through an interface since it came up. */
export interface InterfaceUsage {
  readonly name: string;
  readonly received: Traffic;
  readonly sent: Traffic;
}

export interface Traffic {
  readonly bytes: number;
  readonly packets: number;
  readonly errors: number;
  readonly dropped: number;
}

/** The host's ends of pods, and what never leaves the machine: cAdvisor leaves them out, too. */
const IGNORED = /^(?:lo$|veth|docker|nerdctl)/;

/** Pure: /proc/PID/net/dev. */
export function parseNetDev(text: string): InterfaceUsage[] {
  return text.split("\n").flatMap((line) => {
    const [, name = "", rest = ""] = /^ *([^ :]+): *(.*)$/.exec(line) ?? [];
    if (name === "" || IGNORED.test(name)) return [];
    const numbers = rest.trim().split(/\s+/).map(Number);
    return [{ name, received: traffic(numbers.slice(0, 8)), sent: traffic(numbers.slice(8)) }];
  });
}

function traffic([bytes = 0, packets = 0, errors = 0, dropped = 0]: readonly number[]): Traffic {
  return { bytes, packets, errors, dropped };
}
