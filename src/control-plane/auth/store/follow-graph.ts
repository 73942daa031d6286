import { textAt } from "../../objects/mod.ts";
import { kindOf } from "../../resources/mod.ts";
import type { ObjectStore, StoredObject, StoreEvent } from "../../storage/mod.ts";
import { NodeGraph } from "../node/mod.ts";
import { storedAs } from "./store-objects.ts";

/** A graph of what is stored, which hears of every change before the change is answered. */
export function followNodeGraph(store: ObjectStore): NodeGraph {
  const graph = new NodeGraph();
  follow(store, storedAs("pods"), {
    set: (stored) => graph.setPod(stored.object),
    remove: ({ namespace, name }) => graph.deletePod(namespace, name),
  });
  follow(store, storedAs("persistentvolumes"), {
    set: (stored) => graph.setVolume(stored.object),
    remove: ({ name }) => graph.deleteVolume(name),
  });
  for (const [kind, resource] of [
    ["volumeattachment", kindOf("volumeattachments", "storage.k8s.io").storedAs],
    ["resourceslice", kindOf("resourceslices", "resource.k8s.io").storedAs],
  ] as const) {
    follow(store, resource, {
      set: ({ name, object }) => graph.setNodeOf(kind, name, textAt(object, "spec", "nodeName")),
      remove: ({ name }) => graph.setNodeOf(kind, name, ""),
    });
  }
  return graph;
}

function follow(
  store: ObjectStore,
  resource: string,
  on: {
    readonly set: (stored: StoredObject) => void;
    readonly remove: (stored: StoredObject) => void;
  },
): void {
  for (const stored of store.list(resource)) on.set(stored);
  store.subscribe(resource, ({ type, current }: StoreEvent) => {
    if (type === "DELETED") on.remove(current);
    else on.set(current);
  });
}
