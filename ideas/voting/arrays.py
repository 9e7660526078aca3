"""numpy with its first use, and the types of its arrays. A server counts seldom, and numpy takes 25 MB and a tenth of a
second.
"""

from typing import TYPE_CHECKING, Any, TypeAlias

__all__ = ["Bools", "Floats", "Floats32", "Ints", "Ranks", "is_loaded", "load", "np"]

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]
    Floats32: TypeAlias = NDArray[np.float32]
    Ints: TypeAlias = NDArray[np.integer]
    Ranks: TypeAlias = NDArray[np.int16]
    Bools: TypeAlias = NDArray[np.bool_]
else:

    class _Numpy:
        def __getattr__(self, name: str) -> object:
            import numpy

            found = getattr(numpy, name)
            setattr(self, name, found)  # the next use does not come here
            return found

    np = _Numpy()
    Floats = Floats32 = Ints = Ranks = Bools = Any


def is_loaded() -> bool:
    """Whether numpy is imported."""
    return "float64" in vars(np)


def load() -> None:
    """Import numpy. A server calls this on a thread before it counts, so that the import does not stop it."""
    np.float64  # noqa: B018 (the first use is the import)
