import { expect, test } from "bun:test";
import { seededRandom } from "../../base/testing/mod.ts";
import { service, slice } from "../testing/objects.ts";
import { ServiceStore } from "./service-store.ts";

const GARBAGE: readonly unknown[] = [null, 0, -1, "", "x", true, [], {}, [null], [[]], { name: 7 }];

/** A copy with something else at one place of it, chosen at random. */
function damaged<T>(value: T, random: (below: number) => number): T {
  const copy = structuredClone(value);
  const places: (() => void)[] = [];
  const walk = (at: unknown): void => {
    if (typeof at !== "object" || at === null) return;
    for (const key of Object.keys(at)) {
      // The name is what the API server finds objects by.
      if (key === "metadata") continue;
      places.push(() => Reflect.set(at, key, GARBAGE[random(GARBAGE.length)]));
      walk(Reflect.get(at, key));
    }
  };
  walk(copy);
  places[random(places.length)]?.();
  return copy;
}

test("objects that are not as the API has them never throw, and take nothing from the others", () => {
  const random = seededRandom(13);
  const store = new ServiceStore(4, "node-0");
  store.setService(service("sound", { clusterIP: "10.32.0.1" }));
  store.setSlice(slice("sound", [{ ip: "10.200.0.1", node: "node-0" }]));
  const sound = store.state("default/sound");
  const spec = {
    ...{
      clusterIP: "10.32.0.2",
      externalIPs: ["192.0.2.1"],
      loadBalancerSourceRanges: ["10.0.0.0/8"],
    },
    ...{ sessionAffinity: "ClientIP", sessionAffinityConfig: { clientIP: { timeoutSeconds: 5 } } },
  };
  const endpoints = [
    { ip: "10.200.0.2", zones: ["a"] },
    { ip: "10.200.0.3", nodes: ["node-0"] },
  ];
  for (let i = 0; i < 4000; i++) {
    store.setService(damaged(service("odd", spec), random));
    store.setSlice(damaged(slice("odd", endpoints), random));
    store.state("default/odd");
  }
  expect(store.state("default/sound")).toEqual(sound);
});

test("an item of a slice that is none is left out, the others stay", () => {
  const store = new ServiceStore(4, "node-0");
  store.setService(service("web", { clusterIP: "10.32.0.1" }));
  const good = slice("web", [{ ip: "10.200.0.1" }]);
  const endpoints = [null, ...(good.endpoints ?? []), 7];
  // cast: what an API server should never send
  store.setSlice({ ...good, endpoints } as unknown as typeof good);
  const { endpoints: found } = store.state("default/web");
  expect([...found.values()].flat().map(({ name }) => name)).toEqual(["10.200.0.1:8080"]);
});
