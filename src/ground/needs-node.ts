/** The library as a browser gets it, which lacks the modules of Node: the name of this file is what a bundler complains of. */
throw new Error("iris-grpc needs the modules of Node; 'iris-grpc/tree' runs in a browser");
