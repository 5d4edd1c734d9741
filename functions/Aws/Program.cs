using Bulwark.Functions.Aws;
using Bulwark.Functions.Aws.Settings;

FunctionEnvironment environment = new(Environment.GetEnvironmentVariable);
AwsHost host = new(environment, Console.OpenStandardOutput(), new AwsConnection(environment).ConnectAsync);
return await host.RunAsync(args, CancellationToken.None);
