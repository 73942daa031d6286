/** Attributes of HTML that hold links. */
const ATTRIBUTES: readonly string[] = [
  ...["action", "background", "cite", "codebase", "data", "formaction", "href", "icon"],
  ...["longdesc", "manifest", "poster", "profile", "src", "usemap"],
];

/** A link of a proxied page as the caller of the proxy has to write it: below the proxy's own path. */
export function rewriteLink(link: string, prefix: string): string {
  const isAbsolutePath = link.startsWith("/") && !link.startsWith("//");
  const isBelow = link === prefix || link.startsWith(`${prefix}/`);
  return isAbsolutePath && !isBelow ? prefix + link : link;
}

/** A proxied page whose links lead through the proxy. */
export function rewriteLinks(html: string, prefix: string): string {
  return new HTMLRewriter()
    .on("*", {
      element(element) {
        for (const name of ATTRIBUTES) {
          const value = element.getAttribute(name);
          if (value === null) continue;
          const link = rewriteLink(value, prefix);
          if (link !== value) element.setAttribute(name, link);
        }
      },
    })
    .transform(html);
}
