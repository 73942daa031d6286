/**
 * Go's gob encoding (https://pkg.go.dev/encoding/gob), as far as net/rpc and the messages of the
 * DHCP daemon need it: the types of what is sent. Go matches structs by the names of their fields
 * alone, so a type here may have fewer fields than the one at the other end.
 */
export type GobType = GobBasic | GobStruct | GobSlice;

/** Types that every gob stream knows, by their number in it. */
export const GOB_BASIC = { bool: 1, int: 2, uint: 3, float: 4, bytes: 5, string: 6 } as const;
export type GobBasic = keyof typeof GOB_BASIC;

export interface GobStruct {
  readonly kind: "struct";
  readonly name: string;
  readonly fields: readonly GobField[];
}

export interface GobField {
  readonly name: string;
  readonly type: GobType;
}

export interface GobSlice {
  readonly kind: "slice";
  /** As Go prints it: `[]string`. */
  readonly name: string;
  readonly element: GobType;
}

/** A value that was received, or is to be sent: structs are objects with Go's names of fields. */
export type GobValue =
  | boolean
  | number
  | string
  | Uint8Array
  | readonly GobValue[]
  | { readonly [field: string]: GobValue };

/** The first number of a type that a stream describes itself. */
export const FIRST_OWN_TYPE = 64;

/** Numbers of the types that descriptions are made of. */
export const WIRE_FIELD = { ARRAY: 0, SLICE: 1, STRUCT: 2, MAP: 3 } as const;

/** A whole struct type out of pairs of field names and types. */
export function gobStruct(name: string, fields: Readonly<Record<string, GobType>>): GobStruct {
  return {
    kind: "struct",
    name,
    fields: Object.entries(fields).map(([field, type]) => ({ name: field, type })),
  };
}
