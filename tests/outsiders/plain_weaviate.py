"""Weaviate's own client in plain lines: no code of this suite. For each line on stdin, one slice of timed searches."""

import json
import sys
import time

import numpy
import weaviate

port, grpc_port, name, file = sys.argv[1:]
client = weaviate.connect_to_local(host="127.0.0.1", port=int(port), grpc_port=int(grpc_port))
collection = client.collections.use(name)
queries = list(numpy.load(file))
for line in sys.stdin:
    first, count, k = map(int, line.split())
    times, found = [], []
    for query in (queries[i % len(queries)] for i in range(first, first + count)):
        began = time.perf_counter()
        answer = collection.query.near_vector(query.tolist(), limit=k, return_properties=[])
        times.append(time.perf_counter() - began)
        found.append([one.uuid.int for one in answer.objects])
    print(json.dumps({"seconds": times, "ids": found}), flush=True)
client.close()
