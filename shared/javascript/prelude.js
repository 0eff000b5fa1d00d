// Evaluated first in every context. Answers with one function that only the worker holds; a program sees `console`
// and its inputs. Everything used later is kept here, for a program may replace what is global.
(() => {
  "use strict";
  const evaluate = globalThis.eval;
  const { parse, stringify, rawJSON } = JSON;
  const { fromEntries, defineProperty, setPrototypeOf } = Object;
  const bare = (object) => setPrototypeOf(object, null); // so that no toJSON is found where a program may put one
  const { isInteger, isSafeInteger } = Number;
  const { exec } = RegExp.prototype;
  const matches = (pattern, value) => exec.call(pattern, value) !== null;
  const WHOLE = /^-?[0-9]+$/, LONG_NUMBER = /[0-9]{16}/;
  const PlainError = Error, PlainSyntaxError = SyntaxError, PlainMap = Map, PlainSet = Set, text = String;
  const LEAST = -(2n ** 63n), MOST = 2n ** 64n - 1n, MOST_PRINTED = 1_000_000;
  const lines = bare([]);
  let printed = 0;
  let outcome = null;

  // What JSON has no word for: 64-bit integers, maps and sets pass; the rest is refused by name.
  const plain = (key, value) => {
    switch (typeof value) {
      case "bigint":
        if (value < LEAST || value > MOST) throw new PlainError("it holds an integer of more than 64 bits");
        return rawJSON(text(value));
      case "function":
      case "symbol":
        throw new PlainError(`it holds a ${typeof value}${key === "" ? "" : ` under ${stringify(key)}`}`);
      case "object":
        if (value instanceof PlainMap) return fromEntries(value);
        return value instanceof PlainSet ? [...value] : value;
      default:
        return value;
    }
  };
  const shown = (key, value) =>
    typeof value === "bigint" || typeof value === "function" || typeof value === "symbol"
      ? text(value)
      : plain(key, value);
  const line = (value) => {
    if (typeof value !== "object" || value === null || value instanceof PlainError) return text(value);
    try {
      return stringify(value, shown) ?? text(value);
    } catch {
      return text(value);
    }
  };
  const print = (...values) => {
    if (printed > MOST_PRINTED) return;
    let said = "";
    for (let at = 0; at < values.length; at++) said += (at ? " " : "") + line(values[at]);
    printed += said.length + 1;
    lines[lines.length] = said;
  };
  globalThis.console = { log: print, info: print, warn: print, error: print, debug: print };

  const problem = (error) => {
    const isError = error instanceof PlainError;
    return bare({
      error: isError ? text(error) : `it threw ${typeof error === "string" ? stringify(error) : line(error)}`,
      syntax: error instanceof PlainSyntaxError,
      lost: error === null, // thrown by the engine when there is no memory left for an error
      stack: isError ? text(error.stack) : "",
    });
  };
  const settle = async (value) => {
    try {
      outcome = bare({ value: await value });
    } catch (error) {
      outcome = problem(error);
    }
  };

  // Integers that a number would round arrive as BigInt, and leave as they came.
  const exactly = (key, value, { source }) =>
    typeof value === "number" && isInteger(value) && !isSafeInteger(value) && matches(WHOLE, source)
      ? BigInt(source)
      : value;

  const steps = {
    inputs(json) {
      const given = matches(LONG_NUMBER, json) ? parse(json, exactly) : parse(json);
      for (const name in given)
        defineProperty(globalThis, name, {
          value: given[name], writable: true, configurable: true, enumerable: true,
        });
    },
    run(code) {
      let value;
      try {
        value = evaluate(code);
      } catch (error) {
        outcome = problem(error);
        return;
      }
      settle(value);
    },
    outcome() {
      if (!outcome) return stringify(bare({ error: "it ended before its promise was settled" }));
      if ("error" in outcome) return stringify(outcome);
      try {
        return `{"value":${stringify(outcome.value, plain) ?? null}}`;
      } catch (error) {
        return stringify(bare({ ...problem(error), unfit: true }));
      }
    },
    printed: () => stringify(lines),
  };
  return (step, argument) => steps[step](argument);
})();
