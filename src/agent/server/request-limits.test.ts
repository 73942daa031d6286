import { expect, test } from "bun:test";
import { negotiate, statusz } from "./component-pages.ts";
import { HttpError } from "./http-error.ts";
import { RequestLimits } from "./request-limits.ts";

test("one caller cannot take what others need, and a place that is given back is free", () => {
  const limits = new RequestLimits();
  const places = Array.from({ length: 8 }, () => limits.enter("one", "/metrics/cadvisor"));
  expect(places.every((place) => place !== undefined)).toBe(true);
  expect(limits.enter("one", "/stats/summary")).toBeUndefined();
  // Another caller has places of its own, and what is not heavy is counted by itself.
  expect(limits.enter("two", "/metrics/cadvisor")).toBeDefined();
  expect(limits.enter("one", "/containerLogs/n/p/c")).toBeDefined();
  places[0]?.();
  places[0]?.();
  expect(limits.enter("one", "/stats/summary")).toBeDefined();
  expect(limits.enter("one", "/stats/summary")).toBeUndefined();
});

test("all callers together have their limit, too", () => {
  const limits = new RequestLimits();
  for (let at = 0; at < 32; at++) expect(limits.enter(`caller ${at}`, "/logs/")).toBeDefined();
  expect(limits.enter("one more", "/logs/")).toBeUndefined();
  expect(limits.enter("one more", "/pods")).toBeDefined();
});

const PAGE = statusz({ startedAt: 0, now: 3_725_000, version: "1.36.2", emulated: "1.36" });
test.each([
  [undefined, "text/plain; charset=utf-8"],
  ["*/*", "text/plain; charset=utf-8"],
  ["text/plain", "text/plain; charset=utf-8"],
  [
    "application/json;v=v1alpha1;g=config.k8s.io;as=Statusz",
    "application/json;g=config.k8s.io;v=v1alpha1;as=Statusz",
  ],
  [
    "application/json; as=Statusz; g=config.k8s.io; v=v1beta1, text/plain",
    "application/json;g=config.k8s.io;v=v1beta1;as=Statusz",
  ],
  ["application/json", undefined],
  ["application/json;v=v1;g=config.k8s.io;as=Statusz", undefined],
  ["application/json;v=v1beta1;g=config.k8s.io;as=Flagz", undefined],
])("negotiate() answers %p with %p", (accept, want) => {
  if (want === undefined) expect(() => negotiate(PAGE, accept)).toThrow(HttpError);
  else expect(negotiate(PAGE, accept).contentType).toBe(want);
});

test("statusz() says since when, and for how long", () => {
  expect(PAGE.text).toContain("Started:  Thu, 01 Jan 1970 00:00:00 GMT\nUp:  1 hr 02 min 05 sec\n");
  expect(PAGE.fields).toMatchObject({ startTime: "1970-01-01T00:00:00Z", uptimeSeconds: 3725 });
});
