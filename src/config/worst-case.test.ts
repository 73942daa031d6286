import { describe, expect, test } from "bun:test";
import { parseQuantity } from "../base/mod.ts";
import { quote } from "../check/report/quote.ts";
