import { expect, test } from "bun:test";
import { type KnownImage, planByAge, planBySpace } from "./image-collector.ts";

const settings = { highPercent: 85, lowPercent: 80, minimumAgeMs: 100, maximumAgeMs: 1000 };
const image = (id: string, more: Partial<KnownImage> = {}): KnownImage => ({
  ...{ id, bytes: 10, isPinned: false, isUsed: false, seenAt: 0, usedAt: 0 },
  ...more,
});
const ids = (images: readonly KnownImage[]): string[] => images.map(({ id }) => id);

test("planBySpace() takes the longest unused first, no more than needed, and nothing that must stay", () => {
  const images = [
    image("used", { isUsed: true }),
    image("pinned", { isPinned: true }),
    image("young", { seenAt: 950 }),
    image("recent", { usedAt: 900 }),
    image("older", { usedAt: 500 }),
    image("never-late", { seenAt: 300 }),
    image("never-early", { seenAt: 100 }),
  ];
  const plan = (wanted: number) => ids(planBySpace(images, { settings, now: 1000, wanted }));
  expect(plan(1)).toEqual(["never-early"]);
  expect(plan(25)).toEqual(["never-early", "never-late", "older"]);
  expect(plan(1000)).toEqual(["never-early", "never-late", "older", "recent"]);
  expect(plan(0)).toEqual([]);
});

test("planByAge() takes what nothing has used for too long, once the agent could have seen it", () => {
  const images = [
    image("old"),
    image("used-since", { usedAt: 4500 }),
    image("in-use", { isUsed: true }),
    image("pinned", { isPinned: true }),
    image("new", { seenAt: 4900 }),
  ];
  expect(ids(planByAge(images, { settings, now: 5000, startedAt: 0 }))).toEqual(["old"]);
  expect(planByAge(images, { settings, now: 5000, startedAt: 4500 })).toEqual([]);
  const never = { ...settings, maximumAgeMs: 0 };
  expect(planByAge(images, { settings: never, now: 5000, startedAt: 0 })).toEqual([]);
});
