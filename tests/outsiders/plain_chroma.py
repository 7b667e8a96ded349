"""Chroma's own client in plain lines: no code of this suite. For each line on stdin, one slice of timed searches."""

import json
import sys
import time

import chromadb
import numpy

port, name, file = sys.argv[1:]
collection = chromadb.HttpClient(host="127.0.0.1", port=int(port)).get_collection(name)
queries = list(numpy.load(file))
for line in sys.stdin:
    first, count, k = map(int, line.split())
    times, found = [], []
    for query in (queries[i % len(queries)] for i in range(first, first + count)):
        began = time.perf_counter()
        answer = collection.query(query_embeddings=[query], n_results=k, include=[])
        times.append(time.perf_counter() - began)
        found.append([int(one) for one in answer["ids"][0]])
    print(json.dumps({"seconds": times, "ids": found}), flush=True)
