"""The guards of this part, each taken out once."""

from tests.reliability.twin import Twin

BUNDLE, TRAINED = "tests/models/test_bundle.py", "tests/models/test_trained.py"
HERE = "tests/reliability/bundles/test_bundles.py"

TWINS: tuple[Twin, ...] = (
    Twin(
        "a bundle's signature is not looked at",
        "models/bundle.py",
        '        raise _refused("the signature does not fit")\n',
        "        pass\n",
        f"{BUNDLE}::test_what_has_changed_is_refused[other key]",
    ),
    Twin(
        "a manifest is read before its signature is checked",
        "models/bundle.py",
        "    _check_signature(manifest, signature, key)\n    digests = ",
        "    _digests(manifest, kind)\n    _check_signature(manifest, signature, key)\n    digests = ",
        f"{HERE}::test_what_was_altered_is_refused_before_it_is_read",
    ),
    Twin(
        "the hashes of a bundle's files are not looked at",
        "models/bundle.py",
        "        if hashlib.sha256(content).hexdigest() != digests[name]:\n",
        "        if False:\n",
        f"{BUNDLE}::test_what_has_changed_is_refused[content]",
    ),
    Twin(
        "a generation passes for a bundle",
        "models/bundle.py",
        "    digests = _digests(manifest, kind)\n",
        '    digests = _digests(manifest, json.loads(manifest)["kind"])\n',
        f"{BUNDLE}::test_what_has_changed_is_refused[kind]",
    ),
    Twin(
        "a bundle may have any number of files",
        "models/bundle.py",
        "    if len(files) > MAX_FILES:\n",
        "    if False:\n",
        f"{BUNDLE}::test_a_signed_manifest_that_is_none_of_ours_is_refused[too many files]",
    ),
    Twin(
        "a file of a bundle may have any name",
        "models/bundle.py",
        "        if not (NAME.fullmatch(name) and ",
        "        if not (",
        f"{BUNDLE}::test_a_signed_manifest_that_is_none_of_ours_is_refused[a path]",
    ),
    Twin(
        "a manifest may name a file twice",
        "models/bundle.py",
        "    if _canonical(kind, files) != manifest:",
        "    if False:",
        f"{BUNDLE}::test_a_signed_manifest_that_is_none_of_ours_is_refused[a name twice]",
    ),
    Twin(
        "arrays may hold pickles",
        "models/arrays.py",
        "    dtype, shape, start = _head(content, name)\n",
        "    if True:\n        return np.load(io.BytesIO(bytes(content)), allow_pickle=True)  # type: ignore\n"
        "    dtype, shape, start = _head(content, name)\n",
        f"{BUNDLE}::test_no_pickle_is_opened",
    ),
    Twin(
        "trees may loop",
        "models/detectors/trees.py",
        "        return self._fault_of_values() or self._fault_of_children()\n",
        "        return self._fault_of_values()\n",
        f"{TRAINED}::test_trees_that_loop_are_refused",
    ),
    Twin(
        "trees may be as deep as they like",
        "models/detectors/trees.py",
        "        elif not self._ends_at(MOST_DEPTH):\n",
        "        elif False:\n",
        f"{TRAINED}::test_trees_deeper_than_any_that_is_grown_are_refused",
    ),
    Twin(
        "leaves may have children",
        "models/detectors/forest.py",
        "        if not (found.left[leaf] == LEAF).all() or not (found.right[leaf] == LEAF).all():\n",
        "        if False:\n",
        f"{TRAINED}::test_leaves_have_no_children",
    ),
    Twin(
        "XGBoost reads the bundle's own bytes",
        "models/detectors/boost.py",
        "write_boosted(self.boosted)",
        "self.written",
        f"{TRAINED}::test_xgboost_reads_what_was_checked_and_nothing_else",
    ),
    Twin(
        "numbers of a model may be of any size",
        "models/written.py",
        "        if type(value) not in (int, float) or not low <= value <= high:\n",
        "        if type(value) not in (int, float):\n",
        f"{TRAINED}::test_facts_out_of_their_range_are_refused_by_name",
    ),
    Twin(
        "a baseline is not looked at",
        "models/features/baseline.py",
        "            if fault:\n",
        "            if False:\n",
        f"{TRAINED}::test_a_baseline_that_does_not_agree_is_refused",
    ),
    Twin(
        "a version is promoted without a rehearsal",
        "sidecar/tasks/models.py",
        "        house.shelf.load(name, version).rehearse(house.nthread)\n",
        "        pass\n",
        f"{HERE}::test_a_service_among_damaged_models_keeps_its_champion",
    ),
    Twin(
        "blobs are mapped",
        "sidecar/store/files.py",
        "        content = path.read_bytes()\n",
        '        content = __import__("mmap").mmap(__import__("os").open(path, 0), 0, access=1)\n',
        "tests/sidecar/test_blobs.py::test_what_was_read_stays_what_it_was_whatever_becomes_of_the_file",
    ),
)
