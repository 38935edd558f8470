export {
  batch,
  computed,
  effect,
  type ReadonlySignal,
  type Signal,
  signal,
  untracked,
  useComputed,
  useSignal,
  useSignalEffect,
} from "@preact/signals";
export {
  type ComponentChild,
  type ComponentChildren,
  createContext,
  Fragment,
  h,
  type Ref,
  render,
  type VNode,
} from "preact";
export {
  useCallback,
  useContext,
  useEffect,
  useId,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "preact/hooks";

import type { VNode } from "preact";

/** A view always has one root, so the template gives one node. */
export declare function html(strings: TemplateStringsArray, ...values: unknown[]): VNode;
