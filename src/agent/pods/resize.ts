import { parseQuantity } from "../../base/mod.ts";
import type { Container } from "../api/mod.ts";

/** The resources that a running container can be given more or less of, as numbers. */
export interface ResizableResources {
  readonly cpu: readonly [request: number, limit: number];
  readonly memory: readonly [request: number, limit: number];
}

/** What a container's spec, or its status, says of them. */
export function resizableResources({
  resources,
}: Pick<Container, "resources">): ResizableResources {
  const amount = (quantity: string | undefined): number =>
    quantity === undefined ? 0 : (parseQuantity(quantity) ?? 0);
  const both = (name: string): readonly [number, number] => [
    amount(resources?.requests?.[name]),
    amount(resources?.limits?.[name]),
  ];
  return { cpu: both("cpu"), memory: both("memory") };
}

/** How a container gets from what it has to what its spec says. */
export function resizeKind(
  container: Container,
  applied: ResizableResources,
): "none" | "in-place" | "restart" {
  const wanted = resizableResources(container);
  const changed = (["cpu", "memory"] as const).filter(
    (name) => wanted[name].join() !== applied[name].join(),
  );
  if (changed.length === 0) return "none";
  const restarts = changed.some((name) =>
    (container.resizePolicy ?? []).some(
      (one) => one.resourceName === name && one.restartPolicy === "RestartContainer",
    ),
  );
  return restarts ? "restart" : "in-place";
}
