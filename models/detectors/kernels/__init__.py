"""The inner loops, compiled. They release the GIL; each file stands alone, since the compiler's cache of a function is
renewed only when the function's own file changes."""
