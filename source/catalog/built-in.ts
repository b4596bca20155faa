import { join } from 'node:path';
import { sqlDirectory } from '../lib/sql-directory.ts';
import { type Catalog, loadCatalog } from './load.ts';

/** The samplers that ship with the program. The build replaces this module by what it returns. */
export const builtInCatalog = (): Catalog => loadCatalog(join(sqlDirectory(), 'samplers'));
