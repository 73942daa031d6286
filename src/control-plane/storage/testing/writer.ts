/** A process that writes until it is killed, and prints the revision of every write that is done. */
import { writeSync } from "node:fs";
import { ObjectStore } from "../mod.ts";

const store = new ObjectStore(process.argv[2] ?? "");
for (;;) {
  const name = `n${store.revision + 1}`;
  const metadata = { name, namespace: "default" };
  const { revision } = store.create(
    { resource: "configmaps", namespace: "default", name },
    { kind: "ConfigMap", apiVersion: "v1", metadata, data: { value: "x".repeat(500) } },
  );
  writeSync(1, `${revision}\n`);
}
