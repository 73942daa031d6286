import { Database } from "bun:sqlite";
import { messageOf, NodewrightError } from "../../base/mod.ts";
import { StoreError } from "./store-error.ts";
import {
  type ObjectKey,
  type StoredObject,
  type StoreEvent,
  storedFromText,
} from "./stored-object.ts";

// One row an object, and one row a change: a watch that resumes reads the changes. All three hold
// whole objects, because a watch with a selector has to know what an object was before.
const TABLES = `
CREATE TABLE IF NOT EXISTS objects (
  resource TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
  revision INTEGER NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (resource, namespace, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS changes (
  revision INTEGER PRIMARY KEY,
  resource TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
  type TEXT NOT NULL, value TEXT NOT NULL, previous_revision INTEGER, previous TEXT
);
CREATE INDEX IF NOT EXISTS changes_of_resource ON changes (resource, revision);
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
`;

interface ObjectRow extends ObjectKey {
  readonly revision: number;
  readonly value: string;
}
interface ChangeRow extends ObjectRow {
  readonly type: StoreEvent["type"];
  readonly previous_revision: number | null;
  readonly previous: string | null;
}

/** The SQLite file of a store: every call is one transaction that is on disk when it returns. */
export class StoreDatabase implements Disposable {
  readonly #db: Database;

  /** Opens or makes the file; `:memory:` for one that is not kept. */
  constructor(path: string) {
    try {
      this.#db = new Database(path, { create: true, strict: true });
      // Exclusive: what is kept in memory must not be changed by another process.
      this.#db.run("PRAGMA locking_mode = EXCLUSIVE");
      this.#db.run("PRAGMA journal_mode = WAL");
      this.#db.run("PRAGMA synchronous = FULL");
      this.#db.run(TABLES);
    } catch (thrown) {
      const text = messageOf(thrown);
      throw new NodewrightError("store", `Cannot open the store "${path}": ${text}`, {
        cause: thrown,
        fix: "End another control plane that uses the same directory, or give another --data-dir",
      });
    }
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }

  /** The last revision that was given out, and the one up to which changes are forgotten. */
  counters(): { readonly revision: number; readonly compacted: number } {
    const newest = this.#db
      .query<{ revision: number | null }, []>("SELECT max(revision) AS revision FROM changes")
      .get();
    const compacted =
      this.#db
        .query<{ value: number }, []>("SELECT value FROM counters WHERE name = 'compacted'")
        .get()?.value ?? 0;
    return { revision: Math.max(newest?.revision ?? 0, compacted), compacted };
  }

  /** Every object. */
  *objects(): Generator<StoredObject> {
    const rows = this.#db.query<ObjectRow, []>("SELECT * FROM objects");
    for (const { value, revision, ...key } of rows.iterate()) {
      yield storedFromText(key, revision, value);
    }
  }

  /** The changes of a resource after a revision, oldest first. */
  changes(resource: string, after: number): StoreEvent[] {
    const rows = this.#db
      .query<ChangeRow, [string, number]>(
        "SELECT * FROM changes WHERE resource = ? AND revision > ? ORDER BY revision",
      )
      .all(resource, after);
    return rows.map(({ namespace, name, ...row }) => {
      const key = { resource, namespace, name };
      return {
        type: row.type,
        current: storedFromText(key, row.revision, row.value),
        previous:
          row.previous === null || row.previous_revision === null
            ? undefined
            : storedFromText(key, row.previous_revision, row.previous),
      };
    });
  }

  /** Writes a change; throws a StoreError of kind `disk`, and then nothing has changed. */
  write(event: StoreEvent): void {
    const { type, current, previous } = event;
    const { resource, namespace, name, revision, text } = current;
    this.#transact("write", () => {
      if (type === "DELETED") {
        this.#db
          .query("DELETE FROM objects WHERE resource = ? AND namespace = ? AND name = ?")
          .run(resource, namespace, name);
      } else {
        this.#db
          .query("INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?)")
          .run(resource, namespace, name, revision, text);
      }
      this.#db
        .query("INSERT INTO changes VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
        .run(
          ...[revision, resource, namespace, name, type, text],
          ...[previous?.revision ?? null, previous?.text ?? null],
        );
    });
  }

  /** Forgets the changes up to a revision. */
  compact(revision: number): void {
    this.#transact("compact", () => {
      this.#db.query("DELETE FROM changes WHERE revision <= ?").run(revision);
      this.#db.query("INSERT OR REPLACE INTO counters VALUES ('compacted', ?)").run(revision);
    });
  }

  #transact(action: string, work: () => void): void {
    try {
      this.#db.transaction(work).immediate();
    } catch (thrown) {
      const text = messageOf(thrown);
      throw new StoreError("disk", `Cannot ${action} the store: ${text}`, thrown);
    }
  }
}
