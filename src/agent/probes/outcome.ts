/** What one try of a probe found. An error is neither: nobody knows how the container is. */
export type ProbeOutcome =
  | { readonly kind: "success" | "failure" | "error"; readonly output: string }
  | { readonly kind: "warning"; readonly output: string };
