exports.registerHandler = () => undefined;
