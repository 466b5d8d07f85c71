import js from "@eslint/js";
import hooks from "eslint-plugin-react-hooks";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

export default defineConfig(
  { ignores: ["dist", "public", "src/gen"] },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  hooks.configs.flat.recommended,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/consistent-type-imports": "error",
      eqeqeq: "error",
      // Text becomes text. The edge forbids the rest, too: `require-trusted-types-for 'script'`.
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-new-func": "error",
      "no-restricted-syntax": [
        "error",
        {
          selector: "MemberExpression[property.name=/^(innerHTML|outerHTML|insertAdjacentHTML|createContextualFragment|srcdoc|setHTMLUnsafe|parseHTMLUnsafe)$/]",
          message: "Make elements: whatever somebody wrote is text.",
        },
        { selector: "CallExpression[callee.object.name='document'][callee.property.name=/^write(ln)?$/]", message: "Make elements." },
        { selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']", message: "Make elements: whatever somebody wrote is text." },
        { selector: "Property[key.name='dangerouslySetInnerHTML']", message: "Make elements: whatever somebody wrote is text." },
      ],
      "no-console": "error",
    },
  },
  {
    // A module that is declared takes no import of a file beside it.
    files: ["**/*.d.ts"],
    rules: { "@typescript-eslint/consistent-type-imports": ["error", { disallowTypeAnnotations: false }] },
  },
  { files: ["eslint.config.js", "budget.js"], ...tseslint.configs.disableTypeChecked },
  {
    // The rules of the client are pure: what they need of the world is an argument.
    files: ["src/core/**"],
    rules: {
      "no-restricted-imports": ["error", { patterns: ["**/gen/*", "**/net/*", "**/app/*", "**/ui/*", "react", "@bufbuild/*"] }],
      "no-restricted-globals": ["error", "window", "document", "localStorage", "fetch", "WebSocket", "crypto", "setTimeout", "setInterval"],
      "no-restricted-properties": [
        "error",
        { object: "Date", property: "now", message: "Take `now` as an argument." },
        { object: "Math", property: "random", message: "Take `random` as an argument." },
      ],
    },
  },
  {
    files: ["src/ui/**"],
    rules: { "no-restricted-imports": ["error", { patterns: ["**/gen/*", "**/net/*", "@bufbuild/*"] }] },
  },
);
