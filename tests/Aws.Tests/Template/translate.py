"""Translates template.yaml as CloudFormation would (the SAM transform), and prints the result as JSON.

usage: translate.py TEMPLATE BUCKET KEY      BUCKET and KEY: where the functions' code lies, in place of the local folder
"""
import json
import os
import sys

os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")

from samtranslator.parser.parser import Parser
from samtranslator.translator.managed_policy_translator import ManagedPolicyLoader
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse


class NoManagedPolicies(ManagedPolicyLoader):
    """No policy of AWS's own is attached to anything here, so their list is not asked for."""

    def __init__(self):
        super().__init__(None)

    def load(self):
        return {}


def main(template, bucket, key):
    with open(template, encoding="utf-8") as file:
        model = yaml_parse(file.read())
    for resource in model["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = f"s3://{bucket}/{key}"
    # What the translator is told about parameters that choose nothing in it.
    parameters = {name: str(value.get("Default", "")) for name, value in model["Parameters"].items()}
    json.dump(transform(model, parameters, NoManagedPolicies()), sys.stdout, indent=1)


main(*sys.argv[1:])
