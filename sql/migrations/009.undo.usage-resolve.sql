drop function tidemark_resolve(tidemark_change[], tidemark_change[]);
