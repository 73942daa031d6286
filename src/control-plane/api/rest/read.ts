import { refusals } from "../../objects/mod.ts";
import type { StoredObject } from "../../storage/mod.ts";
import { isTrue, type ResourceInfo } from "../request-info.ts";
import { readContinue, writeContinue } from "./continue-token.ts";
import { objectFilter } from "./filter.ts";
import { expiredRefusal, readRevision, tooLargeRefusal } from "./revision.ts";
import { keyOf, subjectOf } from "./subject.ts";
import { type Answer, answerStored, type RestContext, type RestRequest } from "./types.ts";

/** The object that a request names; throws NotFound. */
export function findObject(context: RestContext, info: ResourceInfo): StoredObject {
  const { kind, namespace, name } = info;
  const stored = context.store.get(keyOf(kind, namespace, name));
  if (stored === undefined) throw refusals.notFound(subjectOf(kind, name));
  return stored;
}

/** GET of one object. */
export function getObject(context: RestContext, { info, query }: RestRequest): Answer {
  const revision = readRevision(query.get("resourceVersion"));
  if (revision > context.store.revision) throw tooLargeRefusal(revision, context.store.revision);
  return answerStored(findObject(context, info));
}

/** GET of a collection. */
export function listObjects(context: RestContext, request: RestRequest): Answer {
  const { info, query } = request;
  const filter = objectFilter(info, query);
  const limit = Number(query.get("limit") ?? "0");
  const { revision, after, all } = readObjects(context, request);
  const matching = all.filter((stored) => keyText(stored) > after && filter(stored.object));
  const isCut = limit > 0 && matching.length > limit;
  const items = isCut ? matching.slice(0, limit) : matching;
  const last = items.at(-1);
  const isFiltered = (query.get("labelSelector") ?? query.get("fieldSelector") ?? "") !== "";
  return {
    is: "list",
    kind: info.kind,
    items,
    metadata: {
      resourceVersion: String(revision),
      ...(isCut && last !== undefined
        ? {
            continue: writeContinue({ revision, after: keyText(last) }),
            ...(isFiltered ? {} : { remainingItemCount: matching.length - items.length }),
          }
        : {}),
    },
  };
}

interface Snapshot {
  readonly revision: number;
  /** Only what comes after this key. */
  readonly after: string;
  readonly all: readonly StoredObject[];
}

function readObjects({ store }: RestContext, { info, query }: RestRequest): Snapshot {
  const { kind, namespace } = info;
  const token = query.get("continue") ?? "";
  const asked = readRevision(query.get("resourceVersion"));
  const match = query.get("resourceVersionMatch") ?? "";
  checkMatch(match, asked, token, query);
  if (token !== "") {
    const { revision, after } = readContinue(token);
    if (revision === LATEST) {
      return { revision: store.revision, after, all: store.list(kind.storedAs, namespace) };
    }
    if (revision < store.compacted) {
      throw refusals.expired(CONTINUE_EXPIRED, writeContinue({ revision: LATEST, after }));
    }
    return { revision, after, all: store.listAt(kind.storedAs, namespace, revision) };
  }
  if (asked > store.revision) throw tooLargeRefusal(asked, store.revision);
  if (match === "Exact") {
    if (asked < store.compacted)
      throw expiredRefusal(`The resourceVersion for the provided list is too old.`);
    return { revision: asked, after: "", all: store.listAt(kind.storedAs, namespace, asked) };
  }
  return { revision: store.revision, after: "", all: store.list(kind.storedAs, namespace) };
}

/** In a token: goes on with the objects as they are by then. */
const LATEST = -1;

const CONTINUE_EXPIRED =
  "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.";

function checkMatch(match: string, asked: number, token: string, query: URLSearchParams): void {
  if (match === "") return;
  const refuse = (why: string): never => {
    throw refusals.invalid({ group: "meta.k8s.io", resource: "ListOptions", name: "" }, [
      {
        reason: "FieldValueForbidden",
        message: `Forbidden: ${why}`,
        field: "resourceVersionMatch",
      },
    ]);
  };
  if (isTrue(query.get("sendInitialEvents"))) {
    refuse("sendInitialEvents is forbidden for list");
  }
  if (token !== "") refuse("resourceVersionMatch is forbidden when continue is provided");
  if (!query.has("resourceVersion")) {
    refuse("resourceVersionMatch is forbidden unless resourceVersion is provided");
  }
  if (match === "Exact" && asked === 0) {
    refuse('resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
  }
}

function keyText({ namespace, name }: StoredObject): string {
  return `${namespace}/${name}`;
}
