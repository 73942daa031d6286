import {
  type ApiObject,
  type JsonObject,
  listAt,
  numberAt,
  objectAt,
  objectsAt,
  textAt,
  valueAt,
} from "../../objects/mod.ts";
import { accessModes, NONE, orNone, UNKNOWN } from "./cell-texts.ts";
import { columns } from "./columns.ts";
import { age, humanDuration } from "./duration.ts";
import type { TableKind } from "./table.ts";

const name = ({ metadata }: ApiObject): string => metadata.name ?? "";
const created = ({ metadata }: ApiObject, now: number): string =>
  age(metadata.creationTimestamp, now);
const size = (value: JsonObject): number => Object.keys(value).length;

/** A table of the name, some cells of its own, and the age. */
function withAge(
  line: string,
  cells: (object: ApiObject) => readonly (string | number | boolean | null)[],
): TableKind {
  return {
    columns: columns(`Name | ${line} | Age`),
    cells: (object, now) => [name(object), ...cells(object), created(object, now)],
  };
}

export const NAMESPACE_TABLE = withAge("Status", (object) => [textAt(object, "status", "phase")]);

export const CONFIG_MAP_TABLE = withAge("Data", (object) => [
  String(size(objectAt(object, "data")) + size(objectAt(object, "binaryData"))),
]);

export const SECRET_TABLE = withAge("Type | Data", (object) => [
  textAt(object, "type"),
  String(size(objectAt(object, "data"))),
]);

export const LEASE_TABLE = withAge("Holder", (object) => [
  textAt(object, "spec", "holderIdentity"),
]);

export const RUNTIME_CLASS_TABLE = withAge("Handler", (object) => [textAt(object, "handler")]);

export const CSI_NODE_TABLE = withAge("Drivers:integer", (object) => [
  listAt(object, "spec", "drivers").length,
]);

export const STORAGE_CLASS_TABLE: TableKind = {
  columns: columns(
    "Name | Provisioner | ReclaimPolicy | VolumeBindingMode | AllowVolumeExpansion | Age",
  ),
  cells: (object, now) => {
    const isDefault =
      object.metadata.annotations?.["storageclass.kubernetes.io/is-default-class"] === "true";
    return [
      name(object) + (isDefault ? " (default)" : ""),
      textAt(object, "provisioner"),
      textAt(object, "reclaimPolicy"),
      textAt(object, "volumeBindingMode"),
      valueAt(object, "allowVolumeExpansion") === true ? "true" : "false",
      created(object, now),
    ];
  },
};

export const PRIORITY_CLASS_TABLE: TableKind = {
  columns: columns("Name | Value:integer | Global-Default:boolean | Age | PreemptionPolicy"),
  cells: (object, now) => [
    name(object),
    numberAt(object, "value") ?? 0,
    valueAt(object, "globalDefault") === true,
    created(object, now),
    textAt(object, "preemptionPolicy"),
  ],
};

export const DISRUPTION_BUDGET_TABLE = withAge(
  "Min Available | Max Unavailable | Allowed Disruptions:integer",
  (object) => [
    String(valueAt(object, "spec", "minAvailable") ?? "N/A"),
    String(valueAt(object, "spec", "maxUnavailable") ?? "N/A"),
    numberAt(object, "status", "disruptionsAllowed") ?? 0,
  ],
);

export const CREATED_AT_TABLE: TableKind = {
  columns: columns("Name | Created At:date"),
  cells: (object) => [name(object), object.metadata.creationTimestamp ?? null],
};

export const ROLE_BINDING_TABLE: TableKind = {
  columns: columns("Name | Role | Age | Users* | Groups* | ServiceAccounts*"),
  cells: (object, now) => {
    const subjects = objectsAt(object, "subjects");
    const named = (kind: string): string =>
      subjects
        .filter((subject) => subject["kind"] === kind)
        .map((subject) =>
          kind === "ServiceAccount"
            ? `${textAt(subject, "namespace")}/${textAt(subject, "name")}`
            : textAt(subject, "name"),
        )
        .join(", ");
    return [
      name(object),
      `${textAt(object, "roleRef", "kind")}/${textAt(object, "roleRef", "name")}`,
      created(object, now),
      ...["User", "Group", "ServiceAccount"].map(named),
    ];
  },
};

export const SIGNING_REQUEST_TABLE: TableKind = {
  columns: columns("Name | Age | SignerName | Requestor | RequestedDuration | Condition"),
  cells: (object, now) => {
    const seconds = numberAt(object, "spec", "expirationSeconds");
    return [
      name(object),
      created(object, now),
      textAt(object, "spec", "signerName") || NONE,
      textAt(object, "spec", "username"),
      seconds === undefined ? NONE : humanDuration(seconds * 1000),
      signingState(object),
    ];
  },
};

function signingState(object: ApiObject): string {
  const types = objectsAt(object, "status", "conditions").map(({ type }) => String(type));
  const word = types.includes("Denied")
    ? "Denied"
    : types.includes("Approved")
      ? "Approved"
      : "Pending";
  const parts = [word, ...(types.includes("Failed") ? ["Failed"] : [])];
  if (textAt(object, "status", "certificate") !== "") parts.push("Issued");
  return parts.join(",");
}

export const EVENT_TABLE: TableKind = {
  columns: columns(
    "Last Seen | Type | Reason | Object | Subobject* | Source* | Message | First Seen* | Count* | Name*",
  ),
  cells: (event, now) => {
    const series = objectAt(event, "series");
    const first = textAt(event, "firstTimestamp") || textAt(event, "eventTime");
    const last = textAt(series, "lastObservedTime") || textAt(event, "lastTimestamp") || first;
    const component = textAt(event, "source", "component") || textAt(event, "reportingComponent");
    const host = textAt(event, "source", "host");
    const object = objectAt(event, "involvedObject");
    return [
      age(last, now),
      textAt(event, "type"),
      textAt(event, "reason"),
      `${textAt(object, "kind").toLowerCase()}/${textAt(object, "name")}`,
      textAt(object, "fieldPath"),
      host === "" ? component : `${component}, ${host}`,
      textAt(event, "message").trim(),
      age(first, now),
      String(numberAt(series, "count") ?? numberAt(event, "count") ?? 1),
      name(event),
    ];
  },
};

export const VOLUME_TABLE: TableKind = {
  columns: columns(
    "Name | Capacity | Access Modes | Reclaim Policy | Status | Claim | StorageClass | VolumeAttributesClass | Reason | Age | VolumeMode*",
  ),
  cells: (object, now) => {
    const claim = objectAt(object, "spec", "claimRef");
    const isGoing = object.metadata.deletionTimestamp !== undefined;
    return [
      name(object),
      textAt(object, "spec", "capacity", "storage"),
      accessModes(listAt(object, "spec", "accessModes")),
      textAt(object, "spec", "persistentVolumeReclaimPolicy"),
      isGoing ? "Terminating" : textAt(object, "status", "phase"),
      size(claim) === 0 ? "" : `${textAt(claim, "namespace")}/${textAt(claim, "name")}`,
      textAt(object, "spec", "storageClassName"),
      textAt(object, "spec", "volumeAttributesClassName") || "<unset>",
      textAt(object, "status", "reason"),
      created(object, now),
      textAt(object, "spec", "volumeMode") || "<unset>",
    ];
  },
};

export const VOLUME_CLAIM_TABLE: TableKind = {
  columns: columns(
    "Name | Status | Volume | Capacity | Access Modes | StorageClass | VolumeAttributesClass | Age | VolumeMode*",
  ),
  cells: (object, now) => {
    const isGoing = object.metadata.deletionTimestamp !== undefined;
    const isBound = textAt(object, "spec", "volumeName") !== "";
    return [
      name(object),
      isGoing ? "Terminating" : textAt(object, "status", "phase"),
      textAt(object, "spec", "volumeName"),
      isBound ? textAt(object, "status", "capacity", "storage") : "",
      isBound ? accessModes(listAt(object, "status", "accessModes")) : "",
      textAt(object, "spec", "storageClassName"),
      textAt(object, "spec", "volumeAttributesClassName") || "<unset>",
      created(object, now),
      textAt(object, "spec", "volumeMode") || "<unset>",
    ];
  },
};

export const RESOURCE_QUOTA_TABLE = withAge("Request | Limit", (object) => {
  const used = objectAt(object, "status", "used");
  const all = Object.entries(objectAt(object, "status", "hard")).map(([key, hard]) => ({
    isLimit: key.startsWith("limits."),
    text: `${key}: ${String(used[key] ?? "0")}/${String(hard)}`,
  }));
  const texts = (isLimit: boolean): string =>
    all
      .filter((one) => one.isLimit === isLimit)
      .map(({ text }) => text)
      .join(", ");
  return [texts(false), texts(true)];
});

export const IP_ADDRESS_TABLE: TableKind = {
  columns: columns("Name | ParentRef"),
  cells: (object) => {
    const parent = objectAt(object, "spec", "parentRef");
    const group = textAt(parent, "group");
    const resource = `${textAt(parent, "resource")}${group === "" ? "" : `.${group}`}`;
    return [name(object), `${resource}/${textAt(parent, "namespace")}/${textAt(parent, "name")}`];
  },
};

export const CSI_DRIVER_TABLE = withAge(
  "AttachRequired:boolean | PodInfoOnMount:boolean | StorageCapacity:boolean | TokenRequests | RequiresRepublish:boolean | Modes",
  (object) => [
    valueAt(object, "spec", "attachRequired") !== false,
    valueAt(object, "spec", "podInfoOnMount") === true,
    valueAt(object, "spec", "storageCapacity") === true,
    orNone(
      objectsAt(object, "spec", "tokenRequests")
        .map((one) => textAt(one, "audience"))
        .join(","),
    ) === NONE
      ? "<unset>"
      : objectsAt(object, "spec", "tokenRequests")
          .map((one) => textAt(one, "audience"))
          .join(","),
    valueAt(object, "spec", "requiresRepublish") === true,
    listAt(object, "spec", "volumeLifecycleModes").map(String).join(",") || UNKNOWN,
  ],
);

export const VOLUME_ATTACHMENT_TABLE = withAge(
  "Attacher | PV | Node | Attached:boolean",
  (object) => [
    textAt(object, "spec", "attacher"),
    textAt(object, "spec", "source", "persistentVolumeName"),
    textAt(object, "spec", "nodeName"),
    valueAt(object, "status", "attached") === true,
  ],
);

export const RESOURCE_CLAIM_TABLE = withAge("State", (object) => [
  object.metadata.deletionTimestamp !== undefined
    ? "deleted"
    : objectAt(object, "status")["allocation"] === undefined
      ? "pending"
      : listAt(object, "status", "reservedFor").length > 0
        ? "allocated,reserved"
        : "allocated",
]);

export const RESOURCE_SLICE_TABLE = withAge("Node | Driver | Pool", (object) => [
  textAt(object, "spec", "nodeName"),
  textAt(object, "spec", "driver"),
  textAt(object, "spec", "pool", "name"),
]);

export const AUTOSCALER_TABLE = withAge(
  "Reference | Targets | MinPods | MaxPods | Replicas",
  (object) => [
    `${textAt(object, "spec", "scaleTargetRef", "kind")}/${textAt(object, "spec", "scaleTargetRef", "name")}`,
    UNKNOWN,
    String(numberAt(object, "spec", "minReplicas") ?? "<unset>"),
    String(numberAt(object, "spec", "maxReplicas") ?? 0),
    String(numberAt(object, "status", "currentReplicas") ?? 0),
  ],
);
