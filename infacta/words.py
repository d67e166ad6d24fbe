"""Names are found by the beginnings of their words, in an index: "arch" and "ali archer" find Alice Archer, and "rcher" does not.

PostgreSQL has its text search for it, in the configuration that knows no language (an index on `to_tsvector('simple', column)`); the embedded database
has small tables, and looks for the words anywhere.
"""

import re
from typing import Any

from django.db.models import CharField, Lookup, TextField

WORD = re.compile(r"\w+")


@CharField.register_lookup
@TextField.register_lookup
class HasWords(Lookup):
    """`name__words="ali archer"`: each word that was given begins one of the column's. Of what holds no word nothing is found."""

    lookup_name = "words"
    prepare_rhs = False

    def as_postgresql(self, compiler: Any, connection: Any) -> Any:
        column, params = self.process_lhs(compiler, connection)
        sought = " & ".join(f"{word}:*" for word in self.words)
        return f"to_tsvector('simple', {column}) @@ to_tsquery('simple', %s)", [*params, sought]

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        column, params = self.process_lhs(compiler, connection)
        found = [f"{column} LIKE %s ESCAPE '\\'" for _word in self.words] or ["1 = 0"]
        likes = [f"%{connection.ops.prep_for_like_query(word)}%" for word in self.words]
        return f"({' AND '.join(found)})", [value for like in likes for value in (*params, like)]

    @property
    def words(self) -> list[str]:
        return WORD.findall(str(self.rhs))
