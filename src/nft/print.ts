import { NF_HOOK, VERDICT } from "./constants.ts";
import type { DataType, Value } from "./data-type.ts";
import type { Verdict } from "./expression.ts";
import type { Chain, Rule, Table } from "./objects.ts";
import type { ChainRef, TableRef } from "./refs.ts";
import type { Element, NftSet } from "./set.ts";

/** nft's words for what a transaction does; the nft command reads them (`nft -f`). */
export function printTable(table: Table): string {
  return `table ${tableName(table)}${block(commentLine(table.comment))}`;
}

export function printChain(chain: Chain): string {
  const { base } = chain;
  const lines = [
    ...(base === undefined
      ? []
      : [`type ${base.type} hook ${base.hook} priority ${base.priority} ;`]),
    ...(base?.policy === undefined ? [] : [`policy ${base.policy} ;`]),
    ...commentLine(chain.comment),
  ];
  return `chain ${chainName(chain)}${block(lines)}`;
}

export function printRule(rule: Rule): string {
  return `rule ${chainName(rule)} ${printRuleBody(rule)}`;
}

/** The statements of a rule and its comment. */
export function printRuleBody(rule: Pick<Rule, "statements" | "comment">): string {
  const { statements, comment } = rule;
  const words: string[] = [];
  for (const { text } of statements) words.push(text);
  if (comment !== undefined) words.push(`comment ${quoted(comment)}`);
  return words.join(" ");
}

export function printSet(set: NftSet): string {
  const key = set.key.map((type) => type.name).join(" . ");
  const data = set.data === "verdict" ? "verdict" : set.data?.map((type) => type.name).join(" . ");
  const flags = [
    ...(set.isInterval === true ? ["interval"] : []),
    ...(set.isDynamic === true ? ["dynamic"] : []),
    ...(set.timeoutMs === undefined ? [] : ["timeout"]),
  ];
  const lines = [
    `type ${key}${data === undefined ? "" : ` : ${data}`} ;`,
    ...(flags.length === 0 ? [] : [`flags ${flags.join(",")} ;`]),
    ...(set.timeoutMs === undefined || set.timeoutMs === 0
      ? []
      : [`timeout ${set.timeoutMs / 1000}s ;`]),
    ...commentLine(set.comment),
  ];
  const kind = set.data === undefined ? "set" : "map";
  return `${kind} ${tableName(set)} ${set.set}${block(lines)}`;
}

export function printElements(set: NftSet, elements: readonly Element[]): string {
  const all = elements.map((element) => printElement(set, element)).join(", ");
  return `element ${tableName(set)} ${set.set} { ${all} }`;
}

function printElement(set: NftSet, { key, keyEnd, data, comment }: Element): string {
  const fields = key.map((value, i) => {
    const first = printValue(set.key[i], value);
    const end = keyEnd?.[i];
    const last = end === undefined ? first : printValue(set.key[i], end);
    return last === first ? first : `${first}-${last}`;
  });
  const words = comment === undefined ? "" : ` comment ${quoted(comment)}`;
  return `${fields.join(" . ")}${words}${data === undefined ? "" : ` : ${printData(set, data)}`}`;
}

function printData(set: NftSet, data: NonNullable<Element["data"]>): string {
  if ("code" in data) return printVerdict(data);
  const types = set.data === "verdict" ? [] : set.data;
  return data.map((value, i) => printValue(types?.[i], value)).join(" . ");
}

function printValue(type: DataType | undefined, value: Value): string {
  return type === undefined ? String(value) : type.print(value);
}

export function printVerdict({ code, chain }: Verdict): string {
  const name = Object.entries(VERDICT).find(([, number]) => number === code)?.[0] ?? String(code);
  return chain === undefined ? name : `${name} ${chain}`;
}

export function tableName({ family, table }: TableRef): string {
  return `${family} ${table}`;
}

export function chainName(ref: ChainRef): string {
  return `${tableName(ref)} ${ref.chain}`;
}

function commentLine(comment: string | undefined): string[] {
  return comment === undefined ? [] : [`comment ${quoted(comment)} ;`];
}

function block(lines: readonly string[]): string {
  return lines.length === 0 ? "" : ` { ${lines.join(" ")} }`;
}

/** nft has no escape inside of quotes. */
function quoted(text: string): string {
  return `"${text.replaceAll('"', "")}"`;
}

/** The name of a hook's number; undefined for others. */
export function hookName(number: number): keyof typeof NF_HOOK | undefined {
  // cast: the keys of NF_HOOK are what entries() gives.
  return Object.entries(NF_HOOK).find(([, value]) => value === number)?.[0] as
    | keyof typeof NF_HOOK
    | undefined;
}
