using Bulwark.Functions;
using Bulwark.Functions.Aws;
using Bulwark.Functions.Aws.Settings;

AwsHost host = new(
    new FunctionEnvironment(Environment.GetEnvironmentVariable),
    Console.OpenStandardOutput(),
    static (_, _, _) => throw FunctionException.PlatformFailed("this build has no adapters of AWS yet"));
return await host.RunAsync(args, CancellationToken.None);
