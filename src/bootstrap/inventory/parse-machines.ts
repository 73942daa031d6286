import type { Problem, SourceLocation } from "../../base/mod.ts";
import { parseAddress, parseCidr } from "../../ip/mod.ts";
import { RESERVED_NAMES } from "../../kube/pki/mod.ts";
import type { Machine, MachineAddress, PodSubnet } from "./machine.ts";
import { findConflicts } from "./machine-conflicts.ts";

/** The machines of a file and everything that is wrong with it; bad lines give no machine. */
export interface ParsedMachines {
  readonly machines: readonly Machine[];
  readonly problems: readonly Problem[];
}

const SHAPE = "IPV4_ADDRESS FQDN HOSTNAME [POD_SUBNET]";
/** RFC 1123 label and subdomain, in the lower case that Kubernetes asks for. */
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
/** A text file holds none of these; one of them means that the whole file is something else. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const BINARY = /[\u0000-\u0008\u000b\u000e-\u001f\ufffd]/;

/**
 * Reads machines.txt: one machine a line, columns parted by blanks or tabs, lines that start
 * with `#` and empty lines skipped. ADDRESS and POD_SUBNET may hold one value of each family,
 * parted by a comma (dual stack). A line without POD_SUBNET is a machine but no worker.
 */
export function parseMachines(text: string, file: string): ParsedMachines {
  const problems: Problem[] = [];
  const binary = BINARY.exec(text);
  if (binary !== null) return { machines: [], problems: [notText(text, file, binary.index)] };
  const machines: Machine[] = [];
  text
    .replace(/^\ufeff/, "")
    .split("\n")
    .forEach((raw, index) => {
      const line = raw.endsWith("\r") ? raw.slice(0, -1) : raw;
      const machine = parseLine(line, { file, line: index + 1, problems });
      if (machine !== undefined) machines.push(machine);
    });
  problems.push(...encodingWarnings(text, file));
  if (machines.length === 0 && problems.every((problem) => problem.severity !== "error")) {
    problems.push({
      code: "no-machines",
      severity: "error",
      message: "Cannot find a machine: every line is empty or a comment",
      locations: [{ file, line: 1, column: 1 }],
      fix: `Add one line for each machine: ${SHAPE}`,
    });
  }
  problems.push(...findConflicts(machines));
  return { machines, problems };
}

interface LineContext {
  readonly file: string;
  readonly line: number;
  readonly problems: Problem[];
}

interface Column {
  readonly text: string;
  readonly location: SourceLocation;
}

function columnsOf(line: string, context: LineContext): Column[] {
  return [...line.matchAll(/[^ \t]+/g)].map((match) => ({
    text: match[0],
    location: { file: context.file, line: context.line, column: match.index + 1 },
  }));
}

function parseLine(line: string, context: LineContext): Machine | undefined {
  const columns = columnsOf(line, context);
  const [address, fqdn, name, subnet, extra] = columns;
  if (address === undefined || address.text.startsWith("#")) return undefined;
  if (fqdn === undefined || name === undefined) {
    report(context, {
      code: "missing-column",
      message: `Expected ${SHAPE}, found ${columns.length} of at least 3 columns (${columns.length === 1 ? "FQDN and HOSTNAME are missing" : "FQDN or HOSTNAME is missing"}): "${line.trim()}"`,
      location: columns[columns.length - 1]?.location ?? address.location,
    });
    return undefined;
  }
  if (subnet === undefined && name.text.split(",").every((part) => parseCidr(part).ok)) {
    report(context, {
      code: "missing-column",
      message: `Expected ${SHAPE}, found a pod subnet in column 3: FQDN or HOSTNAME is missing: "${line.trim()}"`,
      location: name.location,
    });
    return undefined;
  }
  if (extra !== undefined || subnet?.text.startsWith("#")) {
    const surplus = subnet?.text.startsWith("#") ? subnet : extra;
    report(context, {
      code: "surplus-column",
      message: `Expected ${SHAPE}, found more after that: "${surplus?.text ?? ""}"`,
      location: surplus?.location ?? address.location,
      fix: "A comment stands on a line of its own; two pod subnets are written as A,B without a blank",
    });
    return undefined;
  }
  const before = context.problems.length;
  const machine: Machine = {
    name: name.text,
    fqdn: fqdn.text,
    address: address.text.split(",")[0] ?? "",
    addresses: parseAddresses(address, context),
    podSubnets: subnet === undefined ? [] : parseSubnets(subnet, context),
    location: { file: context.file, line: context.line, column: 1 },
    nameLocation: name.location,
    fqdnLocation: fqdn.location,
  };
  checkName(name, context);
  checkFqdn(fqdn, name, context);
  return context.problems.slice(before).some((problem) => problem.severity === "error")
    ? undefined
    : machine;
}

/** Splits a comma-separated column, keeping the place of each part. */
function partsOf(column: Column): Column[] {
  let offset = 0;
  return column.text.split(",").map((text) => {
    const part = {
      text,
      location: { ...column.location, column: column.location.column + offset },
    };
    offset += text.length + 1;
    return part;
  });
}

function parseAddresses(column: Column, context: LineContext): MachineAddress[] {
  const found: MachineAddress[] = [];
  for (const part of partsOf(column)) {
    const parsed = parseAddress(part.text);
    if (!parsed.ok) {
      report(context, {
        code: "bad-address",
        message: `Expected the machine's IP address in column 1, found "${part.text}"`,
        location: part.location,
        fix: `Write the line as ${SHAPE}`,
      });
      continue;
    }
    const address = parsed.value;
    const top = address.value >> (address.family === 4 ? 28n : 120n);
    // 224.0.0.0/4 and 240.0.0.0/4; ff00::/8
    const multicast = address.family === 4 ? top >= 0xen : top === 0xffn;
    if (address.value === 0n || multicast) {
      report(context, {
        code: "bad-address",
        message: `Expected the address of one machine, found ${part.text}`,
        location: part.location,
      });
    } else if (found.some((other) => other.address.family === address.family)) {
      report(context, {
        code: "bad-address",
        message: `Expected one address of each family, found a second IPv${address.family} one: ${part.text}`,
        location: part.location,
      });
    } else {
      found.push({ text: part.text, address, location: part.location });
    }
  }
  return found;
}

function parseSubnets(column: Column, context: LineContext): PodSubnet[] {
  const found: PodSubnet[] = [];
  for (const part of partsOf(column)) {
    const parsed = parseCidr(part.text);
    if (!parsed.ok) {
      report(context, {
        code: "bad-subnet",
        message: `Expected the pod subnet in column 4: ${parsed.error}`,
        location: part.location,
        fix: "Write it as ADDRESS/LENGTH, e.g. 10.200.0.0/24",
      });
      continue;
    }
    const cidr = parsed.value;
    // host-local keeps the first two and the last address for itself.
    const longest = cidr.family === 4 ? 30 : 126;
    if (cidr.prefixLength > longest) {
      report(context, {
        code: "bad-subnet",
        message: `Expected a pod subnet of /${longest} or larger, found ${part.text}`,
        location: part.location,
      });
    } else if (found.some((other) => other.cidr.family === cidr.family)) {
      report(context, {
        code: "bad-subnet",
        message: `Expected one pod subnet of each family, found a second IPv${cidr.family} one: ${part.text}`,
        location: part.location,
      });
    } else {
      found.push({ text: part.text, cidr, location: part.location });
    }
  }
  return found;
}

function isDnsName(text: string): boolean {
  return text.length <= 253 && text.split(".").every((label) => LABEL.test(label));
}

function checkName(name: Column, context: LineContext): void {
  const lower = name.text.toLowerCase();
  if (RESERVED_NAMES.includes(lower)) {
    report(context, {
      code: "reserved-name",
      message: `Cannot use "${name.text}" as a machine's name: ${lower}.crt is not a node's certificate`,
      location: name.location,
      fix: "Give the machine another host name, for example node-0",
    });
    return;
  }
  if (isDnsName(name.text)) return;
  report(context, {
    code: "bad-name",
    message: `Expected a host name in column 3 (lower-case letters, digits, "-"), found "${name.text}"${nameOfStrange(name.text)}`,
    location: name.location,
    fix: isDnsName(lower)
      ? `Write "${lower}": Kubernetes knows node names in lower case only`
      : "Kubernetes takes RFC 1123 names only",
  });
}

/** Characters that look like a blank or like nothing, by their number. */
const STRANGE = /[\u00a0\u00ad\u1680\u2000-\u200f\u2028-\u202f\u205f\u2060\u3000\ufeff]/u;

function nameOfStrange(text: string): string {
  const code = STRANGE.exec(text)?.[0].codePointAt(0);
  if (code === undefined) return "";
  const number = `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
  return ` with the character ${number}${code === 0xa0 ? " (no-break space)" : ""}`;
}

function checkFqdn(fqdn: Column, name: Column, context: LineContext): void {
  if (!isDnsName(fqdn.text.toLowerCase())) {
    report(context, {
      code: "bad-fqdn",
      message: `Expected a fully qualified name in column 2, found "${fqdn.text}"${nameOfStrange(fqdn.text)}`,
      location: fqdn.location,
      fix: `Write the line as ${SHAPE}`,
    });
  } else if (name.text.includes(".") && !fqdn.text.includes(".")) {
    context.problems.push({
      code: "swapped-names",
      severity: "warning",
      message: `Column 2 should be the long name and column 3 the short one: "${fqdn.text} ${name.text}"`,
      locations: [fqdn.location],
      fix: `Write the line as ${SHAPE}`,
    });
  }
}

function report(
  context: LineContext,
  problem: { code: string; message: string; location: SourceLocation; fix?: string },
): void {
  context.problems.push({
    code: problem.code,
    severity: "error",
    message: problem.message,
    locations: [problem.location],
    ...(problem.fix === undefined ? {} : { fix: problem.fix }),
  });
}

function notText(text: string, file: string, offset: number): Problem {
  const before = text.slice(0, offset);
  const line = before.split("\n").length;
  const code = text.codePointAt(offset) ?? 0;
  return {
    code: "not-text",
    severity: "error",
    message: `Expected a text file, found the character U+${code.toString(16).toUpperCase().padStart(4, "0")}`,
    locations: [{ file, line, column: offset - before.lastIndexOf("\n") }],
    fix: `Write one line for each machine: ${SHAPE}`,
  };
}

/** What this reader forgives but the shell loops that the file is made for do not. */
function encodingWarnings(text: string, file: string): Problem[] {
  const problems: Problem[] = [];
  const warn = (code: string, message: string, line: number, column: number): void => {
    const fix = "Save the file as UTF-8 with Unix line ends and without a byte order mark";
    problems.push({ code, severity: "warning", message, locations: [{ file, line, column }], fix });
  };
  const crlf = text.indexOf("\r\n");
  if (crlf !== -1) {
    const before = text.slice(0, crlf);
    const message =
      "Windows line ends: a shell's `cut` or `read` would put the carriage return into the last column";
    warn("crlf", message, before.split("\n").length, crlf - before.lastIndexOf("\n"));
  }
  if (text.startsWith("\ufeff")) {
    warn("byte-order-mark", "Byte order mark before the first column", 1, 1);
  }
  return problems;
}
