import { type JsonObject, listAt, objectAt } from "../../objects/mod.ts";
import type { UserInfo } from "../request/mod.ts";

/** The user that a review speaks of; what is not text is left out. */
export function reviewUser(spec: JsonObject, name: string): UserInfo {
  const extra = Object.entries(objectAt(spec, "extra")).map(
    ([key, values]) =>
      [key.toLowerCase(), texts(values === undefined ? [] : [values].flat())] as const,
  );
  const uid = spec["uid"];
  return {
    name,
    groups: texts(listAt(spec, "groups")),
    ...(typeof uid === "string" && uid !== "" ? { uid } : {}),
    ...(extra.length === 0 ? {} : { extra: Object.fromEntries(extra) }),
  };
}

/** A user as reviews show it (authentication/v1 UserInfo). */
export function userToJson({ name, uid, groups, extra }: UserInfo): JsonObject {
  const shown = Object.entries(extra ?? {}).map(([key, values]): [string, string[]] => [
    key,
    [...values],
  ]);
  return {
    username: name,
    ...(uid === undefined ? {} : { uid }),
    ...(groups.length === 0 ? {} : { groups: [...groups] }),
    ...(shown.length === 0 ? {} : { extra: Object.fromEntries(shown) }),
  };
}

/** The texts of a list of anything. */
export function texts(values: readonly unknown[]): string[] {
  return values.filter((value): value is string => typeof value === "string");
}
