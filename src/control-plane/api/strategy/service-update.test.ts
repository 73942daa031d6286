import { expect, test } from "bun:test";
import { type ApiObject, type JsonObject, objectAt } from "../../objects/mod.ts";
import { updateService } from "./service-update.ts";

const service = (spec: JsonObject): ApiObject => ({
  ...{ kind: "Service", apiVersion: "v1", metadata: { name: "a" } },
  spec: structuredClone(spec),
});
const addresses = {
  ...{ clusterIP: "10.32.0.5", clusterIPs: ["10.32.0.5"] },
  ...{ ipFamilies: ["IPv4"], ipFamilyPolicy: "SingleStack" },
};
const port = { port: 80, protocol: "TCP" };
const nodePort = { ...port, nodePort: 30_000 };

test.each<{ name: string; from: JsonObject; to: JsonObject; want: JsonObject }>([
  {
    name: "keeps addresses and node ports that are left out",
    from: { type: "NodePort", ...addresses, ports: [nodePort] },
    to: { type: "NodePort", ports: [{ port: 81, protocol: "TCP" }, port] },
    want: { type: "NodePort", ...addresses, ports: [{ port: 81, protocol: "TCP" }, nodePort] },
  },
  {
    name: "an ExternalName has no addresses and no node ports",
    from: { type: "NodePort", ...addresses, externalTrafficPolicy: "Cluster", ports: [nodePort] },
    to: {
      ...{ type: "ExternalName", externalName: "a.example.com" },
      ...{ ...addresses, externalTrafficPolicy: "Cluster", ports: [nodePort] },
    },
    want: { type: "ExternalName", externalName: "a.example.com", ports: [port] },
  },
  {
    name: "a ClusterIP has no node ports",
    from: {
      type: "LoadBalancer",
      ...addresses,
      allocateLoadBalancerNodePorts: true,
      ports: [nodePort],
    },
    to: { type: "ClusterIP", ...addresses, allocateLoadBalancerNodePorts: true, ports: [nodePort] },
    want: { type: "ClusterIP", ...addresses, ports: [port] },
  },
  {
    name: "what the change says stays, to be refused",
    from: { type: "ClusterIP", ...addresses, ports: [port] },
    to: { type: "ExternalName", clusterIP: "10.32.0.9", ports: [port] },
    want: { type: "ExternalName", clusterIP: "10.32.0.9", ports: [port] },
  },
])("updateService() $name", ({ from, to, want }) => {
  const next = service(to);
  updateService(next, service(from));
  expect(objectAt(next, "spec")).toEqual(want);
});
