import { type Attributes, resourceAttributes } from "../request/mod.ts";

/** What a table's row asks for: `[GROUP:]RESOURCE[/SUBRESOURCE][@NAMESPACE][#NAME]`, or a path. */
export function asked(verb: string, text: string): Attributes {
  if (text.startsWith("/")) return { kind: "path", verb, path: text };
  const [, group = "", resource = "", subresource = "", namespace = "", name = ""] =
    /^(?:([^:]*):)?([^/@#]+)(?:\/([^@#]+))?(?:@([^#]+))?(?:#(.+))?$/.exec(text) ?? [];
  return resourceAttributes({ verb, group, resource, subresource, namespace, name });
}
