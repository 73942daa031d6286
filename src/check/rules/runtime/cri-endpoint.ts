import type { ConfigDocument, Located } from "../../../config/mod.ts";
import { containerdSocket, kubeletEndpoint, socketPath } from "../../cri-socket.ts";
import type { Found } from "../../finding.ts";
import { nodeRule } from "../../rule.ts";

/** What locations call files that nodewright makes itself. */
const OWN_ORIGIN = "nodewright";

/** What crictl's file says of one of its endpoints. */
function crictlEndpoint(document: ConfigDocument, key: string): Located<string> | undefined {
  const node = document.node([key]);
  if (node?.kind !== "scalar" || typeof node.value !== "string" || node.value === "") {
    return undefined;
  }
  return { value: node.value, location: document.at([key]), isDefault: false };
}

/** An endpoint by the name of its option, held against containerd's socket. */
interface Endpoint {
  readonly name: string;
  /** As it is written, where `name` is more. */
  readonly key?: string;
  readonly endpoint: Located<string>;
  readonly severity?: "warning";
  /** Where `check --fix` may write it. */
  readonly edit?: { readonly file: string; readonly path: readonly string[] };
}

function compare(one: Endpoint, socket: Located<string>): Found[] {
  const { name, endpoint, edit } = one;
  const path = socketPath(endpoint.value);
  const right = `unix://${socket.value}`;
  const base = {
    locations: [endpoint.location, socket.location],
    fix: `Write ${one.key ?? name}: ${right}`,
    ...(edit === undefined ? {} : { edits: [{ ...edit, set: right }] }),
    ...(one.severity === undefined ? {} : { severity: one.severity }),
  };
  if (path === undefined) {
    return [{ ...base, message: `${name} is no Unix socket: "${endpoint.value}"` }];
  }
  if (path !== socketPath(socket.value)) {
    const listens = socket.isDefault ? "its default" : "as configured";
    return [
      {
        ...base,
        message: `${name} and containerd use different sockets: ${endpoint.value}, ${socket.value} (${listens})`,
      },
    ];
  }
  if (endpoint.value.startsWith("unix:///")) return [];
  return [
    {
      ...base,
      severity: "warning",
      message: `${name} is no URL, which is deprecated: "${endpoint.value}"`,
      locations: [endpoint.location],
    },
  ];
}

/** NW-A08 */
export const criEndpoint = nodeRule({
  id: "NW-A08",
  severity: "error",
  title: "The kubelet and crictl use the socket that containerd listens on",
  stages: ["files"],
  places: [
    "kubelet-config.yaml: containerRuntimeEndpoint, imageServiceEndpoint",
    "kubelet.service: --container-runtime-endpoint",
    "containerd config.toml: grpc.address; containerd.service: --address",
    "/etc/crictl.yaml: runtime-endpoint, image-endpoint",
  ],
  symptom:
    "The kubelet ends with `failed to run Kubelet: validate service connection ... dial unix " +
    "/run/containerd/containerd.sock: connect: no such file or directory`; crictl asks another " +
    "runtime than the kubelet.",
  why:
    "The path of the socket is in up to five places. A flag of a unit comes before the file's value, " +
    "/var/run is a symbolic link to /run, and another path than the kubelet's means another runtime or none.",
  fix: "Write unix:// and containerd's grpc.address in each of them.",
  provoked: { how: "another grpc.address: there is no socket where the kubelet's file says" },
  needs: ["kubeletConfig", "containerdConfig"],
  uses: ["kubeletUnit", "containerdUnit", "crictlConfig"],
  check({ kubeletConfig, containerdConfig, kubeletUnit, containerdUnit, crictlConfig }) {
    const socket = containerdSocket(containerdConfig, containerdUnit);
    const runtime = kubeletEndpoint(kubeletConfig, kubeletUnit);
    const isInFile = runtime.location.file === kubeletConfig.document.file;
    const edit = (key: string) => ({ file: kubeletConfig.document.file, path: [key] });
    const endpoints: Endpoint[] = [
      {
        name: isInFile ? "containerRuntimeEndpoint" : "--container-runtime-endpoint",
        endpoint: runtime,
        ...(isInFile ? { edit: edit("containerRuntimeEndpoint") } : {}),
      },
    ];
    const image = kubeletConfig.imageServiceEndpoint;
    // Another image service is possible (a lazy puller in front of containerd), a mistake more often.
    if (image !== undefined) {
      endpoints.push({ name: "imageServiceEndpoint", endpoint: image, severity: "warning" });
    }
    for (const key of ["runtime-endpoint", "image-endpoint"]) {
      const found = crictlConfig === undefined ? undefined : crictlEndpoint(crictlConfig, key);
      // The one that nodewright would write is no file of the user's.
      if (found !== undefined && found.location.file !== OWN_ORIGIN) {
        endpoints.push({ name: `crictl's ${key}`, key, endpoint: found, severity: "warning" });
      }
    }
    return endpoints.flatMap((one) => compare(one, socket));
  },
});
