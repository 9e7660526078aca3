"""personal invitations, addresses that want none, and the names of invited moderators"""

import sqlalchemy as sa
from alembic import op

from app.platform.migrating import refuse_downgrade_with

revision = '0047'
down_revision = '0046'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'personal_invitation',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(length=20), nullable=False),
        sa.Column('organisation_id', sa.Integer(), nullable=False),
        sa.Column('challenge_id', sa.Integer(), nullable=True),
        sa.Column('role', sa.String(length=20), nullable=True),
        sa.Column('email', sa.String(length=254), nullable=False),
        sa.Column('name', sa.String(length=40), nullable=False),
        sa.Column('nonce', sa.String(length=22), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('address', sa.String(length=64), nullable=False),
        sa.Column('mail_id', sa.Integer(), nullable=True),
        sa.Column('person_id', sa.Integer(), nullable=True),
        sa.Column('created_at', sa.BigInteger(), nullable=False),
        sa.Column('expires_at', sa.BigInteger(), nullable=False),
        sa.Column('accepted_at', sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ['organisation_id'], ['organisation.id'], name=op.f('fk_personal_invitation_organisation_id_organisation')
        ),
        sa.ForeignKeyConstraint(
            ['challenge_id'], ['challenge.id'], name=op.f('fk_personal_invitation_challenge_id_challenge')
        ),
        sa.ForeignKeyConstraint(
            ['mail_id'], ['mail.id'], name=op.f('fk_personal_invitation_mail_id_mail'), ondelete='SET NULL'
        ),
        sa.ForeignKeyConstraint(
            ['person_id'], ['person.id'], name=op.f('fk_personal_invitation_person_id_person'), ondelete='SET NULL'
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_personal_invitation')),
        sa.UniqueConstraint('digest', name=op.f('uq_personal_invitation_digest')),
    )
    for column in ('organisation_id', 'challenge_id', 'mail_id', 'person_id'):
        op.create_index(op.f(f'ix_personal_invitation_{column}'), 'personal_invitation', [column])
    op.create_table(
        'opt_out',
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('created_at', sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint('digest', name=op.f('pk_opt_out')),
    )
    op.add_column('facilitation', sa.Column('name', sa.String(length=40), nullable=False, server_default=''))


def downgrade() -> None:
    refuse_downgrade_with('SELECT 1 FROM personal_invitation', 'Invitations and the links of participants would be lost.')
    refuse_downgrade_with('SELECT 1 FROM opt_out', 'People who asked for no invitations would get some again.')
    refuse_downgrade_with("SELECT 1 FROM facilitation WHERE name <> ''", 'Earlier versions know no invited moderators.')
    with op.batch_alter_table('facilitation') as table:
        table.drop_column('name')
    op.drop_table('opt_out')
    op.drop_table('personal_invitation')
