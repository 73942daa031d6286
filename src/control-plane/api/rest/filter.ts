import type { ApiObject } from "../../objects/mod.ts";
import type { ResourceInfo } from "../request-info.ts";
import { parseFieldSelector, parseLabelSelector } from "../selectors/mod.ts";

/** Which objects a list, watch or deletecollection is about: its selectors and its name. */
export function objectFilter(
  { kind, name, namespace }: ResourceInfo,
  query: URLSearchParams,
): (object: ApiObject) => boolean {
  const labels = parseLabelSelector(query.get("labelSelector") ?? "");
  const fields = parseFieldSelector(kind, query.get("fieldSelector") ?? "");
  return (object) => {
    const { metadata } = object;
    return (
      (name === "" || metadata.name === name) &&
      (namespace === "" || metadata.namespace === namespace) &&
      labels(metadata.labels ?? {}) &&
      fields(object)
    );
  };
}
